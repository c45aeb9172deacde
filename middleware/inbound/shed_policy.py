"""The numbers of the edge under load."""

from dataclasses import dataclass, field

from middleware.inbound.concurrency import ConcurrencyPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedPolicy:
    """Who is held for how long, and how many are refused.

    They are let in as they came, where they have to wait at all. Overload is that at every look for
    `burst_seconds` somebody had waited for `patient_seconds` and more, as CoDel tells a standing queue from a burst
    (RFC 8289, 3); a burst passes in it, thousands of requests on any machine. Then the last to come is first, and
    whoever has waited for `hold_seconds` is refused: long enough for an instant retry to be a slow one, short enough
    for a caller to try another replica (Maurer, "Fail at Scale", ACM Queue 13(8), 2015). `refusals_a_second` take a few
    percent of a core: with 400 connections that ask again at once, 1,000 a second cost a tenth of all good answers, 300
    nothing that could be measured. More than `crowd` requests held are more than come in before the next look, every
    `look_seconds`; from there on new connections wait in the kernel, but for `few` at each look: 400 a second, at a
    tenth of a millisecond each. What is held may be `held_bytes` in all, 64 KB for each of a crowd of 256; beyond that
    refusals come at once. A critical request still goes where `critical_share` times as many are at work as may be.
    Shedding is over when nobody was refused for `quiet_seconds`, the time between two scrapes.
    """

    concurrency: ConcurrencyPolicy = field(default_factory=ConcurrencyPolicy)
    burst_seconds: float = 0.5
    hold_seconds: float = 0.1
    patient_seconds: float = 0.05
    look_seconds: float = 0.01
    refusals_a_second: float = 400.0
    crowd: int = 64
    few: int = 4
    held_bytes: int = 16_777_216
    critical_share: float = 2.0
    quiet_seconds: float = 10.0

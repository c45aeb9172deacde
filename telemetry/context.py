"""Who a request is: its own id, its place in a trace (W3C Trace Context), when it came, where its time went."""

import random
import re
import secrets
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count

from telemetry.frozen import frozen
from telemetry.recording import Recording
from telemetry.server_timing import Stages
from telemetry.tracestate import parse_tracestate

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# https://www.w3.org/TR/trace-context/#traceparent-header: version ff is forbidden, ids of zeros are invalid, version 00
# ends after the flags, a later version may go on after a further dash.
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<parent>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?",
    re.ASCII | re.DOTALL,
)
_SAMPLED = 0x01

_TRACE_ID_BITS = 128
_TRACE_ID_DIGITS = 32
_SPAN_ID_BITS = 64
_PREFIX_BITS = 48
_SAMPLING_BITS = 32
_BOTH_IDS_BYTES = (_TRACE_ID_BITS + _SPAN_ID_BITS) // 8
_NEVER_ZERO = 1 << (_TRACE_ID_BITS + _SPAN_ID_BITS - 1) | 1 << (_SPAN_ID_BITS - 1)
"""The first bit of both ids: neither may be zero, and of a trace's the last 56 bits are random (W3C Trace Context)."""

_SPAN_STEP = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio, odd: its multiples are far apart and return to none before all have been."""
_SPAN_MASK = (1 << _SPAN_ID_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The caller's place in a trace, as its `traceparent` header tells."""

    trace_id: str
    span_id: str
    sampled: bool


@frozen
class RequestContext:
    """What is known of a request before anything reads it; `started_seconds` is on the monotonic clock."""

    request_id: str
    trace_id: str
    span_id: str
    sampled: bool
    started_seconds: float
    stages: Stages
    recording: Recording
    parent_id: str = ""
    """The caller's place in the trace; empty where the trace begins here."""
    tracestate: str = ""
    """What others in the trace want to be passed on, as a W3C header value; empty for nothing."""

    @property
    def traceparent(self) -> str:
        """This request's own place in the trace, as a W3C header value."""
        return self.traceparent_of(self.span_id)

    def traceparent_of(self, span_id: str) -> str:
        """The header value of another place in the same trace."""
        return f"00-{self.trace_id}-{span_id}-{'01' if self.sampled else '00'}"

    def span_id_of(self, number: int) -> str:
        """The id of a span of this request by its number, so that nothing is drawn for one that nobody looks at."""
        return f"{(int(self.span_id, 16) + number * _SPAN_STEP) & _SPAN_MASK or 1:016x}"


CURRENT_REQUEST: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)
"""The request being answered, so that readers of events find it; every request has its own task."""


def parse_traceparent(headers: Sequence[str]) -> Parent | None:
    """Read the caller's `traceparent`; None where it sent none, several or one that breaks the rules."""
    if len(headers) != 1:
        return None
    found = _TRACEPARENT.fullmatch(headers[0].strip(" \t"))
    if found is None or (found["version"] == "00" and found["rest"] is not None):
        return None
    return Parent(trace_id=found["trace"], span_id=found["parent"], sampled=bool(int(found["flags"], 16) & _SAMPLED))


class Identifier:
    """Gives each request its context.

    A request id is a random prefix and a number: unique as long as no two processes draw the same 48 bits, and ten
    times cheaper than a UUID. Trace ids must be random (W3C Trace Context), so those are drawn each time.
    """

    __slots__ = ("_now", "_numbers", "_prefix", "_random_bits", "_sampled_below")

    def __init__(
        self,
        *,
        sample_ratio: float = 0.0,
        now: Callable[[], float] = time.monotonic,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        """`sample_ratio` is the part of the traces that begin here which is sampled; others' are as they say."""
        self._now = now
        # The system's source seeds a generator of our own: no other user of `random` can make ids repeat.
        self._random_bits = random.Random(random_bits(_TRACE_ID_BITS)).getrandbits  # noqa: S311 - ids, not secrets
        self._prefix = f"{random_bits(_PREFIX_BITS):012x}"
        self._numbers = count(1)
        self._sampled_below = int(sample_ratio * (1 << _SAMPLING_BITS))

    def __call__(
        self,
        request_id: str | None = None,
        traceparents: Sequence[str] = (),
        *,
        tracestates: Sequence[str] = (),
        waited_seconds: float = 0.0,
    ) -> RequestContext:
        """Make a request's context; its own id is kept where it is at most 64 of `A-Za-z0-9._-`.

        A trace's state is nothing without its `traceparent`, and goes on only with it. The request started
        `waited_seconds` ago: so long nobody could read it.
        """
        if request_id is None or _REQUEST_ID.fullmatch(request_id) is None:
            request_id = f"{self._prefix}-{next(self._numbers):x}"
        drawn = (self._random_bits(_BOTH_IDS_BYTES * 8) | _NEVER_ZERO).to_bytes(_BOTH_IDS_BYTES).hex()
        parent = parse_traceparent(traceparents) if traceparents else None
        if parent is None:
            return RequestContext(
                request_id=request_id,
                trace_id=drawn[:_TRACE_ID_DIGITS],
                span_id=drawn[_TRACE_ID_DIGITS:],
                sampled=self._sampled_below > 0 and self._random_bits(_SAMPLING_BITS) < self._sampled_below,
                started_seconds=self._now() - waited_seconds,
                stages=Stages(),
                recording=Recording(self._now),
            )
        return RequestContext(
            request_id=request_id,
            trace_id=parent.trace_id,
            span_id=drawn[_TRACE_ID_DIGITS:],
            sampled=parent.sampled,
            started_seconds=self._now() - waited_seconds,
            stages=Stages(),
            recording=Recording(self._now),
            parent_id=parent.span_id,
            tracestate=parse_tracestate(tracestates) if tracestates else "",
        )

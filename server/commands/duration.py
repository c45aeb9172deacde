"""Durations as people type them: 30m, 24h, 90d, 2w."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhdw])", re.ASCII)

DURATION_SENTENCE = "a number and s, m, h, d or w, as 24h or 90d"


def seconds_of(text: str) -> float:
    """How many seconds it is; raises ValueError for what is no duration."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not {DURATION_SENTENCE}")
    return float(int(found[1]) * _SECONDS[found[2]])

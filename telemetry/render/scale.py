"""The pace of time in what is rendered: 1 as it is, 60 with every minute a second, to prove alerts live."""

import re
from dataclasses import dataclass

_UNITS_MILLISECONDS = {
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_DURATION = r"(?:\d+(?:ms|[smhdw]))+"
_PIECE = re.compile(
    rf"""(?P<text>"(?:[^"\\]|\\.)*")"""
    rf"|(?P<window>\[[^\]]*\]|\boffset\s+-?{_DURATION}\b)"
    r"|(?P<name>[a-zA-Z_:][\w:]*)"
    rf"|(?P<span>\b{_DURATION}\b)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Divides every duration by `factor`; what is no time (a ratio, a count, a latency in plain seconds) stays."""

    factor: float = 1.0

    def duration(self, seconds: float) -> str:
        """A duration as Prometheus writes it (`90s`, `5m`); a millisecond at least, which is its finest."""
        milliseconds = max(1, round(seconds * 1_000 / self.factor))
        unit = next(unit for unit, size in _UNITS_MILLISECONDS.items() if milliseconds % size == 0)
        return f"{milliseconds // _UNITS_MILLISECONDS[unit]}{unit}"

    def seconds(self, seconds: float) -> str:
        """A length of time as a number of seconds, for what is compared with `time()`."""
        return f"{seconds / self.factor:.3f}".rstrip("0").rstrip(".")

    def expression(self, text: str) -> str:
        """An expression with every duration in it scaled.

        A duration outside of windows and offsets, as in `time() - started > 10m`, becomes a number of seconds: only
        Prometheus 3 reads it as it is.
        """
        return _PIECE.sub(self._piece, text)

    def _piece(self, found: re.Match[str]) -> str:
        if found["window"]:
            return re.sub(_DURATION, lambda one: self.duration(_seconds(one[0])), found[0])
        return self.seconds(_seconds(found["span"])) if found["span"] else found[0]


def _seconds(duration: str) -> float:
    parts = re.findall(r"(\d+)(ms|[smhdw])", duration)
    return sum(int(count) * _UNITS_MILLISECONDS[unit] for count, unit in parts) / 1_000


REAL_TIME = Scale()
"""As it is."""

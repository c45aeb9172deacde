"""How often a bug is worth a report: one of a kind a minute, and not too many kinds."""

from collections import OrderedDict
from dataclasses import dataclass

_KINDS_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPolicy:
    """The numbers: a kind is reported again after so long; of all kinds so many at once, then so many a minute."""

    kind_seconds: float = 60.0
    at_once: int = 20
    a_minute: float = 30.0


REPORTS = ReportPolicy()


@dataclass(slots=True)
class _Kind:
    next_seconds: float
    left_out: int = 0


class ReportLimits:
    """Decides about each report; of a kind that was kept back it knows how many were."""

    def __init__(self, policy: ReportPolicy = REPORTS) -> None:
        self._policy = policy
        self._kinds: OrderedDict[str, _Kind] = OrderedDict()
        self._tokens = float(policy.at_once)
        self._seen = 0.0

    def left_out_before(self, fingerprint: str, *, now: float) -> int | None:
        """How many of this kind were left out since the last report of it; None where this one is left out too."""
        kind = self._kind(fingerprint)
        self._refill(now)
        if now < kind.next_seconds or self._tokens < 1:
            kind.left_out += 1
            return None
        self._tokens -= 1
        left_out, kind.left_out = kind.left_out, 0
        kind.next_seconds = now + self._policy.kind_seconds
        return left_out

    def _kind(self, fingerprint: str) -> _Kind:
        kind = self._kinds.setdefault(fingerprint, _Kind(float("-inf")))
        self._kinds.move_to_end(fingerprint)
        if len(self._kinds) > _KINDS_REMEMBERED:
            self._kinds.popitem(last=False)
        return kind

    def _refill(self, now: float) -> None:
        gained = (now - self._seen) * self._policy.a_minute / 60
        self._tokens = min(float(self._policy.at_once), self._tokens + max(0.0, gained))
        self._seen = now

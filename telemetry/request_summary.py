"""What a request's recording says in a few words: how the cache answered, what was tried again, what was degraded."""

from collections.abc import Iterable
from dataclasses import dataclass

from telemetry import events as e
from telemetry.recording import Note

_DEGRADED_READS: dict[e.CacheResult, e.Degradation] = {
    "stale_if_error": "stale_answer",
    "degraded": "cache_bypassed",
    "error": "cache_bypassed",
}


@dataclass(slots=True)
class RequestSummary:
    """Filled from notes, one after another; empty where nothing of the kind happened."""

    cache: e.CacheResult | None = None
    idempotency: e.IdempotencyOutcome | None = None
    retries: int = 0
    refused_credential_id: str = ""
    degraded: tuple[e.Degradation, ...] = ()

    def take(self, event: e.Event) -> None:
        """Take what one of the notes tells, if it is worth a word."""
        match event:
            case e.CacheRead():
                self.cache = event.result
                self._degrade(_DEGRADED_READS.get(event.result))
            case e.ReplicaRead():
                self._degrade("stale_answer" if event.result == "stale" else None)
            case e.Retried():
                self.retries += event.outcome != "budget_spent"
                self._degrade("retry_budget_spent" if event.outcome == "budget_spent" else None)
            case e.RateLimitDecided():
                self._degrade("local_limits" if event.decision.endswith("degraded") else None)
            case e.DependencyCalled():
                self._degrade("breaker_open" if event.error_type == "breaker_open" else None)
            case e.IdempotencyDecided():
                self.idempotency = event.outcome
            case e.AuthenticationFailed():
                self.refused_credential_id = event.credential_id

    def _degrade(self, word: e.Degradation | None) -> None:
        if word is not None and word not in self.degraded:
            self.degraded = (*self.degraded, word)


NOTHING_NOTED = RequestSummary()
"""Of a request of which there are no notes; not to be filled."""


def summary_of(notes: Iterable[Note]) -> RequestSummary:
    """Sum a recording's notes up."""
    summary = RequestSummary()
    for _at, _call, event in notes:
        summary.take(event)
    return summary

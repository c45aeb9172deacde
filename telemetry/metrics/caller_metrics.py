"""What is decided about callers, counted."""

from typing import assert_never

from telemetry import events as e
from telemetry.catalogue import caller_rows as rows
from telemetry.metrics.families import Families, Family
from telemetry.metrics.series import Counter
from telemetry.observers import Read, reading


class CallerMetrics:
    """Counts decisions about callers; those past their limit are also among the `rejected`."""

    def __init__(self, families: Families, rejected: Family[Counter]) -> None:
        self._authentications = families.counters(rows.AUTHENTICATION_ATTEMPTS)
        self._key_sets = families.counters(rows.KEY_SET_FETCHES)
        self._accounts = families.counters(rows.ACCOUNT_OPERATIONS)
        self._access = families.counters(rows.AUTHORIZATION_DECISIONS)
        self._limits = families.counters(rows.RATE_LIMIT_DECISIONS)
        self._idempotent = families.counters(rows.IDEMPOTENCY_REQUESTS)
        self._rejected = rejected

    def reader_of(self, event: e.CallerEvent) -> Read | None:
        """Who counts or measures what such an event tells."""
        match event:
            case e.Authenticated() | e.AccessDecided():
                return reading(event, lambda told: self.counter_of(told).inc())
            case e.RateLimitDecided():
                return reading(event, self._limit_decided)
            case e.IdempotencyDecided():
                return reading(event, lambda told: self._idempotent[told.outcome,].inc())
            case e.AuthenticationFailed():
                return reading(event, lambda told: self._authentications[told.method, told.outcome].inc())
            case e.KeySetFetched():
                return reading(event, lambda told: self._key_sets[told.outcome,].inc())
            case e.AccountActed():
                return reading(event, lambda told: self._accounts[told.operation, told.outcome].inc())
            case _:
                assert_never(event)

    def counter_of(self, event: e.Authenticated | e.AccessDecided | e.RateLimitDecided) -> Counter:
        """What counts events that are equal to this one."""
        match event:
            case e.Authenticated():
                return self._authentications[event.method, "ok"]
            case e.AccessDecided():
                return self._access[event.decision,]
            case e.RateLimitDecided():
                return self._limits[event.decision,]

    def _limit_decided(self, event: e.RateLimitDecided) -> None:
        self.counter_of(event).inc()
        if event.decision in {"limited", "limited_degraded"}:
            self._rejected["rate_limited",].inc()

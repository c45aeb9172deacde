"""What is decided about callers, counted."""

from typing import assert_never

from telemetry import events as e
from telemetry.catalogue import caller_rows as rows
from telemetry.metrics.families import Families, Family
from telemetry.metrics.series import Counter


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

    def __call__(self, event: e.CallerEvent) -> None:
        """Count what the event tells."""
        match event:
            case e.Authenticated():
                self._authentications[event.method, "ok"].inc()
            case e.AccessDecided():
                self._access[event.decision,].inc()
            case e.RateLimitDecided():
                self._limits[event.decision,].inc()
                if event.decision in {"limited", "limited_degraded"}:
                    self._rejected["rate_limited",].inc()
            case e.IdempotencyDecided():
                self._idempotent[event.outcome,].inc()
            case e.AuthenticationFailed():
                self._authentications[event.method, event.outcome].inc()
            case e.KeySetFetched():
                self._key_sets[event.outcome,].inc()
            case e.AccountActed():
                self._accounts[event.operation, event.outcome].inc()
            case _:
                assert_never(event)

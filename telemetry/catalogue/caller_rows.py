"""What is counted of callers: who they are, what they may do, how much."""

from typing import get_args

from telemetry.catalogue.metric import Metric
from telemetry.events import (
    AccessDecision,
    AccountOperation,
    AccountOutcome,
    AuthenticationFailure,
    CredentialMethod,
    IdempotencyOutcome,
    RateLimitDecision,
)

AUTHENTICATION_ATTEMPTS = Metric(
    name="authentication_attempts_total",
    kind="counter",
    help="Credentials that requests brought, by kind, and whether and why not they were taken.",
    labels=("method", "outcome"),
    words={"method": get_args(CredentialMethod), "outcome": ("ok", *get_args(AuthenticationFailure))},
)
KEY_SET_FETCHES = Metric(
    name="key_set_fetches_total",
    kind="counter",
    help="Times the keys that tokens are signed with were asked for, by how that ended.",
    labels=("outcome",),
    words={"outcome": ("ok", "error")},
)
ACCOUNT_OPERATIONS = Metric(
    name="account_operations_total",
    kind="counter",
    help="What people did with their accounts, or tried to, by how that ended.",
    labels=("operation", "outcome"),
    words={"operation": get_args(AccountOperation), "outcome": get_args(AccountOutcome)},
)
AUTHORIZATION_DECISIONS = Metric(
    name="authorization_decisions_total",
    kind="counter",
    help="Requests held against the access rule of their endpoint, by what was decided.",
    labels=("decision",),
    words={"decision": get_args(AccessDecision)},
)
RATE_LIMIT_DECISIONS = Metric(
    name="rate_limit_decisions_total",
    kind="counter",
    help="Requests held against their caller's limit, by what was decided; degraded is without the shared limits.",
    labels=("decision",),
    words={"decision": get_args(RateLimitDecision)},
)
IDEMPOTENCY_REQUESTS = Metric(
    name="idempotency_requests_total",
    kind="counter",
    help="Requests that brought a key to be known by: done, answered again, or refused.",
    labels=("outcome",),
    words={"outcome": get_args(IdempotencyOutcome)},
)

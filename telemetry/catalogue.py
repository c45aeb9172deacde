"""Every metric as data: what readers of events fill, and panels and alerts quote."""

from dataclasses import dataclass
from typing import Literal

MetricKind = Literal["counter", "gauge", "histogram"]

# OpenTelemetry's advice for `http.server.request.duration` (HTTP semantic conventions 1.23), with two finer steps
# below it: a read by key takes about a millisecond, and a bucket that swallows every good answer shows nothing.
REQUEST_BUCKETS_SECONDS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip

# A prepared statement over a local socket takes 0.2 ms and no call may outlive the request, so: 0.25 ms to 5 s.
CALL_BUCKETS_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

# A loop at rest is a millisecond late at most, by the kernel's timers; 50 ms is what one request may hold it up.
LAG_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric; `buckets` are a histogram's upper bounds, in the unit the name ends with."""

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


HTTP_REQUEST_DURATION = Metric(
    name="http_server_request_duration_seconds",
    kind="histogram",
    help="Time from a request's arrival to its answer.",
    labels=("http_request_method", "http_route", "http_response_status_code"),
    buckets=REQUEST_BUCKETS_SECONDS,
)
HTTP_ACTIVE_REQUESTS = Metric(
    name="http_server_active_requests",
    kind="gauge",
    help="Requests that have arrived and are not answered yet.",
)
HTTP_REQUESTS_REJECTED = Metric(
    name="http_server_requests_rejected_total",
    kind="counter",
    help="Requests turned away before any handler saw them.",
    labels=("reason",),
)
HTTP_CLIENT_DISCONNECTS = Metric(
    name="http_server_client_disconnects_total",
    kind="counter",
    help="Callers that left before their answer was ready.",
)
DB_OPERATION_DURATION = Metric(
    name="db_client_operation_duration_seconds",
    kind="histogram",
    help="Time of one call to a database, as its caller waits for it; error_type is empty for a good one.",
    labels=("db_system_name", "db_operation_name", "error_type"),
    buckets=CALL_BUCKETS_SECONDS,
)
DB_CONNECTION_WAIT = Metric(
    name="db_client_connection_wait_time_seconds",
    kind="histogram",
    help="Time a caller waited for a connection of the pool.",
    labels=("pool",),
    buckets=CALL_BUCKETS_SECONDS,
)
DB_CONNECTION_USE = Metric(
    name="db_client_connection_use_time_seconds",
    kind="histogram",
    help="Time a caller kept a connection of the pool.",
    labels=("pool",),
    buckets=CALL_BUCKETS_SECONDS,
)
DB_CONNECTION_CREATE = Metric(
    name="db_client_connection_create_time_seconds",
    kind="histogram",
    help="Time it took to open a connection.",
    labels=("pool",),
    buckets=CALL_BUCKETS_SECONDS,
)
DB_CONNECTION_TIMEOUTS = Metric(
    name="db_client_connection_timeouts_total",
    kind="counter",
    help="Callers that got no connection within their budget.",
    labels=("pool",),
)
DB_CONNECTION_COUNT = Metric(
    name="db_client_connection_count",
    kind="gauge",
    help="Connections of the pool that are idle or used.",
    labels=("pool", "state"),
)
DB_CONNECTION_MAX = Metric(
    name="db_client_connection_max",
    kind="gauge",
    help="Connections the pool may open.",
    labels=("pool",),
)
DB_CONNECTION_PENDING_REQUESTS = Metric(
    name="db_client_connection_pending_requests",
    kind="gauge",
    help="Callers waiting for a connection of the pool.",
    labels=("pool",),
)
DEPENDENCY_CALL_DURATION = Metric(
    name="dependency_call_duration_seconds",
    kind="histogram",
    help="Time of one call to a dependency, retries included, by how it ended.",
    labels=("dependency", "operation", "outcome"),
    buckets=CALL_BUCKETS_SECONDS,
)
DEPENDENCY_UP = Metric(
    name="dependency_up",
    kind="gauge",
    help="1 while the dependency answers, 0 while it does not.",
    labels=("dependency",),
)
EVENT_LOOP_LAG = Metric(
    name="asyncio_event_loop_lag_seconds",
    kind="histogram",
    help="How much later than asked the event loop was, measured four times a second.",
    buckets=LAG_BUCKETS_SECONDS,
)
CONCURRENCY_LIMIT = Metric(
    name="concurrency_limit",
    kind="gauge",
    help="Requests that may be at work at once; while more are asked for, the others wait or are refused.",
)
CIRCUIT_BREAKER_STATE = Metric(
    name="circuit_breaker_state",
    kind="gauge",
    help="1 for the state the circuit breaker is in, 0 for the others.",
    labels=("name", "state"),
)
RETRIES = Metric(
    name="retries_total",
    kind="counter",
    help="Attempts made again, by how they ended, and those not made as the retry budget was spent.",
    labels=("target", "outcome"),
)
BULKHEAD_REJECTIONS = Metric(
    name="bulkhead_rejections_total",
    kind="counter",
    help="Calls that found no room in their class of work.",
    labels=("name",),
)
AUTHENTICATION_ATTEMPTS = Metric(
    name="authentication_attempts_total",
    kind="counter",
    help="Credentials that requests brought, by kind, and whether and why not they were taken.",
    labels=("method", "outcome"),
)
KEY_SET_FETCHES = Metric(
    name="key_set_fetches_total",
    kind="counter",
    help="Times the keys that tokens are signed with were asked for, by how that ended.",
    labels=("outcome",),
)
ACCOUNT_OPERATIONS = Metric(
    name="account_operations_total",
    kind="counter",
    help="What people did with their accounts, or tried to, by how that ended.",
    labels=("operation", "outcome"),
)
AUTHORIZATION_DECISIONS = Metric(
    name="authorization_decisions_total",
    kind="counter",
    help="Requests held against the access rule of their endpoint, by what was decided.",
    labels=("decision",),
)
RATE_LIMIT_DECISIONS = Metric(
    name="rate_limit_decisions_total",
    kind="counter",
    help="Requests held against their caller's limit, by what was decided; degraded is without the shared limits.",
    labels=("decision",),
)
IDEMPOTENCY_REQUESTS = Metric(
    name="idempotency_requests_total",
    kind="counter",
    help="Requests that brought a key to be known by: done, answered again, or refused.",
    labels=("outcome",),
)
CACHE_REQUESTS = Metric(
    name="cache_requests_total",
    kind="counter",
    help="Reads of cached resources, by where the answer came from; degraded is without what Redis keeps.",
    labels=("cache", "result"),
)
CACHE_INVALIDATIONS = Metric(
    name="cache_invalidations_total",
    kind="counter",
    help="Writes made known to the cache of all replicas: at once, later (owed), and those made up for (repeated).",
    labels=("outcome",),
)
ASYNCIO_TASKS = Metric(
    name="asyncio_tasks",
    kind="gauge",
    help="Tasks of the event loop that are not done.",
)
APP_EXCEPTIONS = Metric(
    name="app_exceptions_total",
    kind="counter",
    help="Bugs: exceptions nobody translated, answered with 500.",
)
LOG_EVENTS = Metric(
    name="log_events_total",
    kind="counter",
    help="Log lines by level, those the level setting hides left out.",
    labels=("level",),
)
LOG_EVENTS_DROPPED = Metric(
    name="log_events_dropped_total",
    kind="counter",
    help="Log lines given up because their sink did not take them.",
)
LOG_EVENTS_SAMPLED_OUT = Metric(
    name="log_events_sampled_out_total",
    kind="counter",
    help="Log lines of healthy requests left out, as there were more than are kept.",
)
OBSERVER_FAILURES = Metric(
    name="observer_failures_total",
    kind="counter",
    help="Events a reader lost by failing.",
)
LABEL_OVERFLOW = Metric(
    name="metrics_label_overflow_total",
    kind="counter",
    help="Samples counted under _OTHER because their metric had as many label sets as it may.",
)
TLS_CERTIFICATE_RENEWALS = Metric(
    name="tls_certificate_renewals_total",
    kind="counter",
    help="Changes of the TLS certificate's files: ok where new connections use them, error where they cannot be used.",
    labels=("outcome",),
)
APP_BUILD_INFO = Metric(
    name="app_build_info",
    kind="gauge",
    help="Always 1; the labels say what is running.",
    labels=("service", "version", "mainstay_version", "python_version"),
)

CATALOGUE: tuple[Metric, ...] = (
    HTTP_REQUEST_DURATION,
    HTTP_ACTIVE_REQUESTS,
    HTTP_REQUESTS_REJECTED,
    HTTP_CLIENT_DISCONNECTS,
    DB_OPERATION_DURATION,
    DB_CONNECTION_WAIT,
    DB_CONNECTION_USE,
    DB_CONNECTION_CREATE,
    DB_CONNECTION_TIMEOUTS,
    DB_CONNECTION_COUNT,
    DB_CONNECTION_MAX,
    DB_CONNECTION_PENDING_REQUESTS,
    DEPENDENCY_CALL_DURATION,
    DEPENDENCY_UP,
    EVENT_LOOP_LAG,
    CONCURRENCY_LIMIT,
    CIRCUIT_BREAKER_STATE,
    RETRIES,
    BULKHEAD_REJECTIONS,
    AUTHENTICATION_ATTEMPTS,
    KEY_SET_FETCHES,
    ACCOUNT_OPERATIONS,
    AUTHORIZATION_DECISIONS,
    RATE_LIMIT_DECISIONS,
    CACHE_REQUESTS,
    CACHE_INVALIDATIONS,
    IDEMPOTENCY_REQUESTS,
    ASYNCIO_TASKS,
    TLS_CERTIFICATE_RENEWALS,
    APP_EXCEPTIONS,
    LOG_EVENTS,
    LOG_EVENTS_DROPPED,
    LOG_EVENTS_SAMPLED_OUT,
    OBSERVER_FAILURES,
    LABEL_OVERFLOW,
    APP_BUILD_INFO,
)
"""All of them; `process_*` and `python_gc_*` come from prometheus-client's own collectors."""

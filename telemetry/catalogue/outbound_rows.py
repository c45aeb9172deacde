"""What is measured of calls to what the service depends on, and of the layers they pass."""

from typing import get_args

from telemetry.catalogue.metric import Metric
from telemetry.events import BreakerState, Outcome, ReplicaResult, RetryOutcome

# A prepared statement over a local socket takes 0.2 ms and no call may outlive the request, so: 0.25 ms to 5 s.
CALL_BUCKETS_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

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
    words={"state": ("idle", "used")},
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
    words={"outcome": get_args(Outcome)},
    buckets=CALL_BUCKETS_SECONDS,
)
DEPENDENCY_UP = Metric(
    name="dependency_up",
    kind="gauge",
    help="1 while the dependency answers, 0 while it does not.",
    labels=("dependency",),
)
CIRCUIT_BREAKER_STATE = Metric(
    name="circuit_breaker_state",
    kind="gauge",
    help="1 for the state the circuit breaker is in, 0 for the others.",
    labels=("name", "state"),
    words={"state": get_args(BreakerState)},
)
RETRIES = Metric(
    name="retries_total",
    kind="counter",
    help="Attempts made again, by how they ended, and those not made as the retry budget was spent.",
    labels=("target", "outcome"),
    words={"outcome": get_args(RetryOutcome)},
)
BULKHEAD_REJECTIONS = Metric(
    name="bulkhead_rejections_total",
    kind="counter",
    help="Calls that found no room in their class of work.",
    labels=("name",),
)
POSTGRES_REPLICA_READS = Metric(
    name="postgresql_replica_reads_total",
    kind="counter",
    help="Reads that a replica may answer: answered by one (replica, stale), or by the primary, and why.",
    labels=("result",),
    words={"result": get_args(ReplicaResult)},
)
POSTGRES_REPLICA_AGE = Metric(
    name="postgresql_replica_age_seconds",
    kind="gauge",
    help="How old at most that is which a replica shows; there for each that this process may read from.",
    labels=("replica",),
)

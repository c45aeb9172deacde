"""What the servers of Postgres and Redis tell of themselves, asked every quarter of a minute.

Names are those of OpenTelemetry's receivers (`postgresql.backends`, `redis.memory.used`) in Prometheus' form, with
three exceptions: `redis.slaves.connected` is called replicas here, and for Postgres' oldest transaction and the number
of its replicas there is no name to follow.
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/receiver (postgresqlreceiver, redisreceiver)
"""

from telemetry.catalogue.metric import Metric

BACKEND_STATES = ("active", "idle", "idle_in_transaction", "unknown")

POSTGRES_BACKENDS = Metric(
    name="postgresql_backends",
    kind="gauge",
    help="Connections to the Postgres server, of everybody; unknown are those of roles this one may not look at.",
    labels=("state",),
    words={"state": BACKEND_STATES},
)
POSTGRES_CONNECTION_MAX = Metric(
    name="postgresql_connection_max",
    kind="gauge",
    help="Connections the Postgres server takes.",
)
POSTGRES_OLDEST_TRANSACTION = Metric(
    name="postgresql_oldest_transaction_seconds",
    kind="gauge",
    help="For how long the oldest open transaction of the Postgres server has been open.",
)
POSTGRES_COMMITS = Metric(
    name="postgresql_commits_total",
    kind="counter",
    help="Transactions of the database that were committed.",
)
POSTGRES_ROLLBACKS = Metric(
    name="postgresql_rollbacks_total",
    kind="counter",
    help="Transactions of the database that were rolled back.",
)
POSTGRES_DEADLOCKS = Metric(
    name="postgresql_deadlocks_total",
    kind="counter",
    help="Deadlocks of the database, in each of which one transaction was ended.",
)
POSTGRES_SIZE = Metric(
    name="postgresql_db_size_bytes",
    kind="gauge",
    help="What the database takes on disk.",
)
POSTGRES_REPLICAS = Metric(
    name="postgresql_replicas",
    kind="gauge",
    help="Replicas that follow the Postgres server.",
)
POSTGRES_WAL_LAG = Metric(
    name="postgresql_wal_lag_seconds",
    kind="gauge",
    help="How far the last of the replicas is behind; there where there is one and this role may look at it.",
)
REDIS_CLIENTS = Metric(
    name="redis_clients_connected",
    kind="gauge",
    help="Connections to the Redis server, of everybody.",
)
REDIS_CONNECTIONS_REJECTED = Metric(
    name="redis_connections_rejected_total",
    kind="counter",
    help="Connections the Redis server refused, as it had as many as it takes.",
)
REDIS_MEMORY_USED = Metric(
    name="redis_memory_used_bytes",
    kind="gauge",
    help="Memory the Redis server uses for what it keeps.",
)
REDIS_MEMORY_MAX = Metric(
    name="redis_maxmemory_bytes",
    kind="gauge",
    help="Memory the Redis server may use; 0 where nothing bounds it.",
)
REDIS_KEYS_EVICTED = Metric(
    name="redis_keys_evicted_total",
    kind="counter",
    help="Keys the Redis server threw away to make room.",
)
REDIS_HITS = Metric(
    name="redis_keyspace_hits_total",
    kind="counter",
    help="Reads of keys that were there, of everybody.",
)
REDIS_MISSES = Metric(
    name="redis_keyspace_misses_total",
    kind="counter",
    help="Reads of keys that were not there, of everybody.",
)
REDIS_REPLICAS = Metric(
    name="redis_replicas_connected",
    kind="gauge",
    help="Replicas that follow the Redis server.",
)
SERVER_SAMPLED = Metric(
    name="dependency_last_sample_timestamp_seconds",
    kind="gauge",
    help="When the server of a dependency last told of itself, in seconds since 1970; that is shown for a minute.",
    labels=("dependency",),
    words={"dependency": ("postgres", "redis")},
)

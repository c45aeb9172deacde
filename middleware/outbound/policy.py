"""The numbers that steer the outbound layers and the connections behind them, each with its reason."""

from dataclasses import dataclass

from telemetry.events import Dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the layers around one dependency need to know."""

    dependency: Dependency
    attempt_timeout_seconds: float
    """One attempt, everything in it, may take this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicy:
    """The sizes and budgets of a Postgres pool.

    Connect, acquire and query have budgets of their own, so that one slow thing does not eat another's time.
    """

    minimum: int = 2
    """Kept open when idle: a first request after a quiet night finds a connection, and one to spare."""

    maximum: int = 10
    """One event loop is busy with fewer point reads than this at a time; nine such processes fit under
    Postgres' own default of `max_connections = 100`, with room for a person and a migration."""

    connect_timeout_seconds: float = 2.0
    """A local connect takes 5 ms, one across regions with TLS under 1 s; a lost SYN is sent again after 1 s
    (RFC 6298, 2.1), so 2 s allows for one loss."""

    acquire_timeout_seconds: float = 1.0
    """Past a second in the queue, demand exceeds the pool and waiting longer only makes the queue longer.
    (HikariCP's 30 s and psycopg_pool's 30 s suit batch work; nobody waits that long for a page.)"""

    query_timeout_seconds: float = 5.0
    """The server ends a statement after this (`statement_timeout`). Keyed reads and lists of 200 take
    milliseconds; five seconds is a statement that has lost its index."""

    query_grace_seconds: float = 1.5
    """An attempt gets this beyond the query's own budget: the acquire's second, and half a second for the
    server's "timed out" to arrive. Past both, the server is not slow, it is hung."""

    lock_timeout_seconds: float = 2.0
    """Below the query's budget, so that waiting behind a lock is told from a slow statement."""

    idle_in_transaction_timeout_seconds: float = 10.0
    """A transaction left open holds locks and stops vacuum; the work between two statements of one is ours
    and takes milliseconds."""

    check_interval_milliseconds: int = 100
    """How soon the server notices that whoever asked has gone (`client_connection_check_interval`): a query
    nobody waits for ends after 0.1 s, for one poll(2) every 100 ms."""

    lifetime_seconds: float = 1800.0
    """A connection is replaced after this, which bounds what a backend's caches grow to and lets load follow
    a changed address (HikariCP's maxLifetime: 30 minutes)."""

    lifetime_jitter_ratio: float = 0.1
    """Up to this share is taken off each lifetime, so that connections opened together do not all end
    together (psycopg_pool takes off 5 % the same way)."""

    idle_seconds: float = 600.0
    """A connection above the minimum is closed after this long unused (HikariCP and psycopg_pool: 10 minutes)."""

    tend_interval_seconds: float = 1.0
    """How often idle connections are looked over; it costs microseconds, and a dead one is noticed at once
    by its socket anyway."""

    close_timeout_seconds: float = 10.0
    """How long a close waits for connections in use: longer than any attempt takes."""

    prepared_statements: int = 100
    """Kept on each connection, least recently used out first (asyncpg's and psycopg's bound, both 100)."""

    tcp_user_timeout_milliseconds: int = 2000
    """Unacknowledged data on a TCP connection ends it after this (RFC 5482); keepalives alone do not notice
    a peer that vanishes while data is in flight."""

    keepalives_idle_seconds: int = 10
    keepalives_interval_seconds: int = 2
    keepalives_count: int = 3
    """A peer that vanishes while the connection is idle is noticed after about 16 s, before it is needed."""

    @property
    def attempt_timeout_seconds(self) -> float:
        """How long one attempt may take, as the caller's side measures it."""
        return self.query_timeout_seconds + self.query_grace_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisPolicy:
    """The budgets of a Redis client on the request path."""

    socket_timeout_seconds: float = 0.2
    """A command takes 0.1 ms; at 200 ms it is cheaper to do without what Redis remembers."""

    connect_timeout_seconds: float = 0.2
    """As above: a first command waits for the connect too."""

    attempt_timeout_seconds: float = 0.5
    """One connect and one command, each within its own budget, and a little for the loop between them."""

    maximum_connections: int = 4
    """Each carries one pipeline at a time, and commands share pipelines: one would do, were no reply ever slow.
    Three more let others pass one that is."""

    maximum_pipeline: int = 100
    """Commands in one pipeline at most: its last reply comes about a millisecond after its first."""

    maximum_waiting: int = 1000
    """Commands waiting for a connection at most. At the 50,000 a second one process can make of them this is 20 ms
    of them; more waiting is a Redis that does not answer."""

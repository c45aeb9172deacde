"""The numbers that steer the outbound layers and the connections behind them, each with its reason."""

from dataclasses import dataclass, field, replace

from middleware.outbound.layer_policies import (
    BreakerPolicy,
    BulkheadPolicy,
    RetryPolicy,
    TogetherPolicy,
    where_done_once,
    where_nothing_changed,
)
from telemetry.events import Dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the layers around one class of work need to know."""

    dependency: Dependency
    name: str
    """The dependency and the class of work, such as `postgres.reads`; it becomes a label."""

    attempt_timeout_seconds: float
    """One attempt, everything in it, may take this long."""

    total_timeout_seconds: float = 10.0
    """All attempts and the waits between them. Ten seconds is as long as anybody keeps their attention on a page
    (Nielsen, "Response Times: The 3 Important Limits", 1993); a request's own deadline is usually nearer."""

    is_seen_through: bool = False
    """Whether an attempt that has begun runs to its end even where its caller has left: writes, whose outcome
    nobody would know otherwise."""

    bulkhead: BulkheadPolicy
    together: TogetherPolicy | None = None
    """Where calls of this class are such that several can be made as one."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)


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

    rival_delay_seconds: float = 0.1
    """Of several hosts the last primary is asked first, and each next one after this or as soon as one refuses: twenty
    times what a connect within a data centre takes, so that as a rule nobody else is asked (Happy Eyeballs, RFC 8305,
    has 250 ms across the Internet)."""

    scout_interval_seconds: float = 0.15
    """While calls are kept from Postgres, a connect is tried this often: whoever can be connected to again, or has been
    promoted, is used 0.3 s later at most. Seven connects a second from each process do not delay a start."""

    scout_timeout_seconds: float = 0.5
    """... and given up after this, so that one who answers is not waited for behind one that hangs."""

    prepared_statements: int = 100
    """Kept on each connection, least recently used out first (asyncpg's and psycopg's bound, both 100)."""

    reads_share: float = 0.8
    writes_share: float = 0.6
    """Of the connections, how many each class of work may use at a time. Together they are more than there are, so
    that neither class's idle share is wasted; each leaves the other some that it cannot take: 2 of 10 for the writes,
    4 of 10 for the reads. Reads get more: there are more of them, and they are shorter."""

    attempts: int = 3
    """The first included; a lost connection is replaced and the statement made again, where nothing was changed."""

    waiters_per_permit: int = 100
    """At a millisecond a statement, the last in line has its turn after a tenth of a second."""

    together: TogetherPolicy = field(default_factory=TogetherPolicy)
    """Reads that come together, or wait in that line, are one statement."""

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

    def reads(self, name: str) -> Policy:
        """For statements that change nothing, in the pool of this name."""
        return Policy(
            dependency="postgres",
            name=f"{name}.reads",
            attempt_timeout_seconds=self.attempt_timeout_seconds,
            bulkhead=self._bulkhead(self.reads_share),
            together=self.together,
            retry=RetryPolicy(repeatable=where_nothing_changed, attempts=self.attempts),
        )

    def writes(self, name: str) -> Policy:
        """For those that do, and for transactions."""
        return Policy(
            dependency="postgres",
            name=f"{name}.writes",
            attempt_timeout_seconds=self.attempt_timeout_seconds,
            is_seen_through=True,
            bulkhead=self._bulkhead(self.writes_share),
            retry=RetryPolicy(repeatable=where_nothing_changed, attempts=self.attempts),
        )

    def keyed_writes(self, name: str) -> Policy:
        """For those that find what they did when they are made again: the same class of work, repeated more freely."""
        return replace(self.writes(name), retry=RetryPolicy(repeatable=where_done_once, attempts=self.attempts))

    def _bulkhead(self, share: float) -> BulkheadPolicy:
        permits = max(1, int(self.maximum * share))
        return BulkheadPolicy(
            permits=permits,
            waiters=permits * self.waiters_per_permit,
            wait_seconds=self.acquire_timeout_seconds,
        )


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

    slow_call_seconds: float = 0.1
    """A thousand times what a command takes; half of what the socket allows."""

    scout_interval_seconds: float = 0.25
    """While commands are kept from Redis it is looked for this often, by nobody who waits for it: while calls come,
    a primary that was promoted is used 0.3 s later at most. Four connects a second do not hold up one that starts."""

    def commands(self, name: str = "redis") -> Policy:
        """For every command. None is repeated: it may have been done, and every use of Redis can do without it.

        Commands wait for a connection, all in one line; so there are permits for as many as can be under way.
        """
        room = self.maximum_connections * self.maximum_pipeline + self.maximum_waiting
        return Policy(
            dependency="redis",
            name=name,
            attempt_timeout_seconds=self.attempt_timeout_seconds,
            bulkhead=BulkheadPolicy(permits=room, waiters=0),
            breaker=BreakerPolicy(slow_call_seconds=self.slow_call_seconds),
        )

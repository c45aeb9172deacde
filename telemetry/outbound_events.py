"""What happens on the way to what the service depends on."""

from typing import Literal

from telemetry.frozen import frozen

Outcome = Literal["ok", "error", "timeout", "rejected"]
Dependency = str
"""`postgres`, `redis` or a declared upstream's name: a closed set, known before anything is called."""

UpstreamOperation = Literal["read", "write"]
BreakerState = Literal["closed", "open", "half_open", "forced_open", "forced_closed"]
RetryOutcome = Literal["ok", "error", "budget_spent"]
ReplicaResult = Literal["replica", "stale", "requested", "behind", "late", "away", "failed"]
DropReason = Literal["expired", "broken", "cancelled", "closing", "read_only", "superseded"]


@frozen
class DependencyCalled:
    """One call to a dependency has ended, all its attempts included.

    `operation` is a statement's or command's name, for an upstream an UpstreamOperation.
    `error_type` is empty for an ok call, otherwise the error's kind (`conflict`, `timeout`, …). `cause` is what stands
    behind it where that is known, a library's error (`ClientConnectorDNSError`) or an upstream's status (`503`): a word
    for people, in logs only.
    """

    dependency: Dependency
    operation: str
    outcome: Outcome
    error_type: str
    duration_seconds: float
    cause: str = ""


@frozen
class UpstreamAttempted:
    """One attempt of a call to an upstream has ended; `status` is 0 where no answer came, `error_type` as above.

    `address` is the upstream's host and `port` its port. `span` is the attempt's number among the spans of the request
    it was made for: the upstream knows it as its parent.
    """

    dependency: Dependency
    method: str
    address: str
    port: int
    status: int
    error_type: str
    duration_seconds: float
    span: int


@frozen
class BreakerChanged:
    """A circuit breaker took on another state; `name` is the dependency and the class of work (`postgres.reads`)."""

    name: str
    state: BreakerState


@frozen
class Retried:
    """A failed attempt was made again, which ended so; or was not, as the retry budget was spent."""

    target: str
    outcome: RetryOutcome


@frozen
class BulkheadRejected:
    """A call found no room in its class of work, after waiting `waited_seconds` (0 where the line was full)."""

    name: str
    waited_seconds: float


@frozen
class BulkheadWaited:
    """A call got into its class of work after waiting for room."""

    name: str
    waited_seconds: float


@frozen
class ConnectionOpened:
    """A pool opened a connection."""

    pool: str
    duration_seconds: float


@frozen
class ConnectionAcquired:
    """A caller got a connection after waiting `wait_seconds` (0 when one was free)."""

    pool: str
    wait_seconds: float


@frozen
class ConnectionReleased:
    """A caller gave its connection back after `use_seconds`."""

    pool: str
    use_seconds: float


@frozen
class ConnectionDropped:
    """A pool closed a connection instead of keeping it."""

    pool: str
    reason: DropReason


@frozen
class AcquireTimedOut:
    """A caller waited longer for a connection than its budget allows."""

    pool: str
    waited_seconds: float


@frozen
class ReplicaRead:
    """A read that a replica may answer has been answered.

    By a replica: `replica`; `stale`, by one that is older than usual, as the primary could not be read. By the primary:
    `requested`, as the caller wanted it so; `behind`, as no replica had what the caller wrote; `late`, as all were
    older than allowed; `away`, as there was none; `failed`, as the one that was asked did not answer.
    """

    result: ReplicaResult


OutboundEvent = (
    DependencyCalled
    | UpstreamAttempted
    | BreakerChanged
    | Retried
    | BulkheadRejected
    | BulkheadWaited
    | ConnectionOpened
    | ConnectionAcquired
    | ConnectionReleased
    | ConnectionDropped
    | AcquireTimedOut
    | ReplicaRead
)

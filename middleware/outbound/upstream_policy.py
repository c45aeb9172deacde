"""The numbers that steer the calls to an upstream, each with its reason, and which failures are tried again."""

from dataclasses import dataclass

from middleware.errors import OutcomeUnknown, Overloaded, Problem, Unavailable
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.layer_policies import BreakerOpen, BreakerPolicy, BulkheadPolicy, RetryPolicy
from middleware.outbound.policy import Policy


class Throttled(Overloaded):
    """Something this needs asks to be called less often."""


def where_repeating_is_safe(problem: Problem) -> bool:
    """Repeat a call that may be made twice, where another try may fare better.

    One that was throttled only where the upstream says when to come back: more calls make an overload worse.
    """
    match problem:
        case Throttled():
            return "Retry-After" in problem.headers
        case BreakerOpen() | Overloaded() | OutcomeUnknown():
            return False
        case _:
            return isinstance(problem, Unavailable | NoAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPolicy:
    """The budgets of the calls to one upstream. Reads are GET, HEAD and OPTIONS; the rest are writes."""

    attempt_timeout_seconds: float = 3.0
    """One attempt, from connecting to the last byte of the answer. What people wait for answers in tenths of a second;
    three seconds leave room for what asks a third party in its turn, such as a bank."""

    total_timeout_seconds: float = 10.0
    """All attempts and the waits between them; a request's own deadline is usually nearer (see Policy)."""

    connect_timeout_seconds: float = 2.0
    """Finding the address, connecting, TLS: a lost SYN is sent again after 1 s (RFC 6298, 2.1), so one may be lost."""

    attempts: int = 3
    """The first included, for calls that may be made twice (the Google SRE book's budget, chapter 21)."""

    backoff_seconds: float = 0.1
    backoff_limit_seconds: float = 1.0
    """The first repeat comes within a tenth of a second, at random: about as long as it takes to lose one of several
    replicas. The next within twice as much, and so on up to a second, or later where Retry-After asks for it."""

    reads: int = 32
    writes: int = 32
    """Calls of each class under way at most, and together the connections there may be. At a tenth of a second each,
    32 are 320 calls a second; neither class can take the other's."""

    waiters_per_permit: int = 10
    """At a tenth of a second a call, the last in line has its turn after a second, when waiting ends."""

    wait_seconds: float = 1.0
    """Past a second in line, demand exceeds what the upstream does and waiting only makes the line longer."""

    slow_call_seconds: float = 2.0
    """A call is slow past this; where most are, the breaker opens. Well below the attempt's own timeout, so that an
    upstream that hangs is noticed before its callers have all run into it."""

    keepalive_seconds: float = 4.0
    """An idle connection is kept this long: less than the five seconds after which Node.js and uvicorn close theirs, so
    that a write is rarely sent over a connection that is just being closed."""

    answer_bytes: int = 1_048_576
    """The largest answer. Reading a mebibyte holds up the event loop for 10 to 25 ms where it is plain data, for 0.1 s
    where it is a hundred thousand small models (measured); what is longer is better asked for in pages."""

    refusal_bytes: int = 16_384
    """How much is kept of what comes with a 4xx or 5xx: a problem document has hundreds of bytes, an error page of a
    proxy a few thousand."""

    @property
    def connections(self) -> int:
        """How many there may be at a time."""
        return self.reads + self.writes

    def for_reads(self, name: str) -> Policy:
        """For calls that change nothing, to the upstream of this name."""
        return self._policy(name, "reads", permits=self.reads, retry=self._retry)

    def for_repeatable_writes(self, name: str) -> Policy:
        """For PUT, DELETE and what has an Idempotency-Key: made twice, they do what they do once."""
        return self._policy(name, "writes", permits=self.writes, retry=self._retry)

    def for_single_writes(self, name: str) -> Policy:
        """For every other write: never repeated, but with the same permits and the same breaker."""
        return self._policy(name, "writes", permits=self.writes, retry=RetryPolicy())

    @property
    def _retry(self) -> RetryPolicy:
        return RetryPolicy(
            repeatable=where_repeating_is_safe,
            attempts=self.attempts,
            backoff_seconds=self.backoff_seconds,
            backoff_limit_seconds=self.backoff_limit_seconds,
        )

    def _policy(self, name: str, work: str, *, permits: int, retry: RetryPolicy) -> Policy:
        return Policy(
            dependency=name,
            name=f"{name}.{work}",
            attempt_timeout_seconds=self.attempt_timeout_seconds,
            total_timeout_seconds=self.total_timeout_seconds,
            bulkhead=BulkheadPolicy(
                permits=permits, waiters=permits * self.waiters_per_permit, wait_seconds=self.wait_seconds
            ),
            retry=retry,
            breaker=BreakerPolicy(slow_call_seconds=self.slow_call_seconds),
        )

"""The numbers of the bulkhead, the retries and the breaker, each with its reason."""

from collections.abc import Callable
from dataclasses import dataclass

from middleware.errors import OutcomeUnknown, Overloaded, Problem, SerializationFailure, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadPolicy:
    """How many calls of one class may be under way, and how many may wait to be."""

    permits: int
    waiters: int
    """More than this waiting is refused at once: the last in line would not be served within `wait_seconds`."""

    wait_seconds: float = 1.0
    """Past a second in line, demand exceeds what is there and waiting longer only makes the line longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherPolicy:
    """How many calls may be made as one, and how long anybody waits for that."""

    others: int = 15
    """Besides the one that leads: sixteen answers at once keep the event loop busy for one or two milliseconds."""

    patience_seconds: float = 0.05
    """Of the attempt: as long as a hundred point reads. What takes longer is a fault, not a crowd, and company does not
    help then. The wait for a permit does not count: in a long line company is what makes it shorter."""

    brisk_seconds: float = 0.005
    """An attempt for several that takes longer costs each more time than the process gains: Postgres answers eight
    point reads in 63 µs (decision 0031). While there are permits, those of its kind are made side by side then ..."""

    apart_seconds: float = 1.0
    """... for this long, after which one more is made for several, to see."""


Repeatable = Callable[[Problem], bool]
"""Says whether a call that ended so may be made again."""


class BreakerOpen(Unavailable):
    """Something this needs has not been answering and is being left alone for a moment."""

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)})


def never(_problem: Problem) -> bool:
    """Nothing is repeated."""
    return False


def where_nothing_changed(problem: Problem) -> bool:
    """Repeat what certainly changed nothing: it never left, or the database took all of it back.

    For reads too: they change nothing, but one that ran out of its time has none left for another try, and one
    that found no room would only make the line longer (Google SRE book, chapter 22: do not retry overload).
    """
    if isinstance(problem, SerializationFailure):
        return True
    return isinstance(problem, Unavailable) and not isinstance(problem, BreakerOpen | Overloaded | OutcomeUnknown)


def where_done_once(problem: Problem) -> bool:
    """For a write that bears its request's key: a lost answer is repeated too, as what was done is found by its key."""
    return isinstance(problem, OutcomeUnknown) or where_nothing_changed(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """What is repeated, how often and after how long; the process-wide budget has its own numbers."""

    repeatable: Repeatable = never
    attempts: int = 3
    """The first included (the SRE book's per-request budget, chapter 21)."""

    backoff_seconds: float = 0.02
    """The first repeat comes within this, at random, the next within twice as much: full jitter, which spreads
    callers that failed together best (Brooker, "Exponential Backoff And Jitter", AWS 2015). 20 ms is a hundred
    point reads: as long as most conflicts and restarts of a connection last."""

    backoff_limit_seconds: float = 0.5
    """No single wait is longer, unless the other side asks for more with Retry-After."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When a dependency counts as gone, and how it is tried again."""

    window_seconds: float = 5.0
    """What is judged is the last five seconds. Hystrix and resilience4j look at ten; half of that opens twice as
    soon after a busy healthy stretch, and at ten calls a second still holds fifty."""

    buckets: int = 10
    """The window moves on in tenths, as Hystrix's does."""

    minimum_calls: int = 10
    """Fewer calls say nothing: two of three may fail by chance (Hystrix 20, resilience4j 100; ours is per worker)."""

    failure_ratio: float = 0.5
    """Open where half of the calls fail (Hystrix's and resilience4j's default)."""

    slow_ratio: float = 0.8
    """Open where four in five are slow. resilience4j asks for all; a few lucky answers do not make it useful."""

    slow_call_seconds: float = 0.5
    """A call is slow past this, whether it has ended or not: one that hangs is noticed here, not at its timeout."""

    hanging_calls: int = 3
    """Open where this many hang (are slow and under way, or were given up so) and nobody has been answered since, for
    as long as a slow call takes. After a busy healthy stretch the ratios alone would notice a dependency that hangs
    only when the calls that hang, which the bulkhead keeps few, outweigh the good ones before; and with one caller at
    a time, who is given up each time, they would never hear of enough calls."""

    probes: int = 3
    """Half open, exactly so many calls get through; that many good ones in a row close it, a bad one opens it."""

    open_seconds: float = 0.25
    """The first time it opens, it stays so for this long, less up to a quarter at random ..."""

    open_growth: float = 2.0
    open_limit_seconds: float = 1.0
    """... and each time the probes fail twice as long, up to a second, so that whoever is back is used within 1.5 s.
    Three probes a second cost a struggling dependency nothing."""

    open_jitter_ratio: float = 0.25
    """Processes that opened together do not all probe together."""

    return_limit_seconds: float = 10.0
    """Callers are told to come back after as long again as the dependency has been gone, up to this: someone who waits
    longer than a page's patience has left."""

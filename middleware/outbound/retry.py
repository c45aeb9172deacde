"""Make a failed attempt again, where that is safe, useful and affordable."""

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential

from middleware.deadlines import seconds_left
from middleware.errors import Elapsed, OutcomeUnknown, Problem, Unavailable
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy
from telemetry.events import Retried, RetryOutcome


def retry(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Repeat what the policy calls repeatable, with full jitter, before the deadline, within the process's budget.

    The first attempt is made right here: tenacity costs as much as a point read and begins after the first failure.
    What is raised in the end is the last attempt's error; where that attempt did not get through either, and one before
    it may have changed something, OutcomeUnknown.
    """
    deposit, repeatable, attempts = senses.budget.deposit, policy.retry.repeatable, policy.retry.attempts

    async def layer(operation: str, attempt: Attempt[T]) -> T:
        deposit()
        try:
            return await inner(operation, attempt)
        except Problem as problem:
            if attempts == 1 or not repeatable(problem):
                raise
            failed = problem
        return await _Repeats(inner, policy, senses=senses, failed=failed).run(operation, attempt)

    return layer


class _Repeats:
    """One call's repeats. To tenacity the attempt already made is the first: it fails again at once, as it did."""

    def __init__(self, inner: Call, policy: Policy, *, senses: Senses, failed: Problem) -> None:
        self._inner = inner
        self._policy = policy.retry
        self._target = policy.name
        self._senses = senses
        self._failed: Problem | None = failed
        self._is_in_doubt = isinstance(failed, OutcomeUnknown)
        self._backoff = wait_exponential(
            multiplier=policy.retry.backoff_seconds, max=policy.retry.backoff_limit_seconds
        )

    async def run(self, operation: str, attempt: Attempt[T]) -> T:
        """Repeat until one is good or there is reason to stop."""

        async def again() -> T:
            failed, self._failed = self._failed, None
            if failed is not None:
                raise failed
            return await self._repeat(operation, attempt)

        retrying = AsyncRetrying(
            sleep=self._senses.clock.sleep,
            stop=self._stop,
            wait=self._wait,
            retry=retry_if_exception(self._may_repeat),
            reraise=True,
        )
        try:
            return await retrying(again)
        except (Unavailable, Elapsed) as last:
            if self._is_in_doubt and not isinstance(last, OutcomeUnknown):
                raise OutcomeUnknown from last
            raise

    async def _repeat(self, operation: str, attempt: Attempt[T]) -> T:
        try:
            result = await self._inner(operation, attempt)
        except Problem as problem:
            self._is_in_doubt = self._is_in_doubt or isinstance(problem, OutcomeUnknown)
            self._tell("error")
            raise
        self._tell("ok")
        return result

    def _may_repeat(self, error: BaseException) -> bool:
        return isinstance(error, Problem) and self._policy.repeatable(error)

    def _wait(self, state: RetryCallState) -> float:
        """Anything up to a bound that doubles each time; no less than the other side asks for."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.headers.get("Retry-After", "") if isinstance(error, Problem) else ""
        return max(self._backoff(state) * self._senses.clock.jitter(), float(asked) if asked.isdecimal() else 0.0)

    def _stop(self, state: RetryCallState) -> bool:
        """Tell whether to give up: enough attempts, no time for the wait and another, no budget (asked last)."""
        if state.attempt_number >= self._policy.attempts:
            return True
        if state.upcoming_sleep >= seconds_left(self._senses.clock.now()):
            return True
        if self._senses.budget.withdraw():
            return False
        self._tell("budget_spent")
        return True

    def _tell(self, outcome: RetryOutcome) -> None:
        self._senses.observe(Retried(target=self._target, outcome=outcome))

"""Make calls together that come together, or that would otherwise wait for each other."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any

from middleware.brief_wait import BRIEF_SECONDS, brief_or_not
from middleware.deadlines import seconds_left
from middleware.errors import Elapsed, Overloaded, Problem, Unavailable
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.layer_policies import TogetherPolicy
from middleware.outbound.policy import Policy
from middleware.sweeper import Due, Sweeper

Answer = asyncio.Future[Any]
"""What becomes of an attempt; Any, as those of one company may be about different things."""

MakeFuture = Callable[[asyncio.AbstractEventLoop, float], Answer]
"""Makes one to be waited for from an instant of the clock on."""


class Joint:
    """An attempt that can be made as one with others of its kind."""

    __slots__ = ()

    @property
    def gathers(self) -> bool:
        """Whether others of its kind may well come in the same turn of the event loop: then it waits for its end."""
        raise NotImplementedError

    def __call__(self) -> Coroutine[Any, Any, Any]:
        """Make it by itself."""
        raise NotImplementedError

    @property
    def kind(self) -> Hashable:
        """What is equal for those that can be made as one."""
        raise NotImplementedError

    def together_with(self, others: Sequence["Joint"]) -> Coroutine[Any, Any, Sequence[Any]]:
        """Make them all as one: what each would have returned, this one's first. What is raised is about them all."""
        raise NotImplementedError


def together(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Let calls be joined by others of their kind, as long as they wait for a permit or for the end of a turn.

    The first of them leads: it passes the layers inside as any call does, and once it may begin, its attempt is made as
    one with theirs. While there are permits, only one that `gathers` waits at all, for the end of the turn of the event
    loop in which it came, and none does where no other call is under way, or attempts for several of its kind are slow.

    Nobody depends on the leader: should it be refused, fail or leave, or its attempt take longer than
    `patience_seconds`, each of the others makes a call of its own, as if it had only come then. Who has no more time
    than that joins none.
    """
    if policy.together is None:
        return inner
    permits, all_permits = senses.permits_of(policy), policy.bulkhead.permits
    now, patience_seconds = senses.clock.now, policy.together.patience_seconds
    companies = _Companies(inner, policy, together=policy.together, senses=senses)
    forming, lead, join = companies.forming, companies.lead, companies.join

    def layer(operation: str, attempt: Attempt[T]) -> Coroutine[Any, Any, T]:
        if not isinstance(attempt, Joint) or (permits.free == all_permits and not forming):
            return inner(operation, attempt)
        kind = attempt.kind
        company = forming.get(kind)
        if company is not None and company.has_room:
            if seconds_left(now()) > patience_seconds:
                return join(operation, attempt, company=company)
        elif permits.free <= 0 or (attempt.gathers and companies.are_brisk(kind)):
            return lead(operation, attempt)
        return inner(operation, attempt)

    return layer


_ALONE = object()
"""What those are told who are to make a call of their own."""


class _Company:
    """An attempt and those that have joined it."""

    __slots__ = ("_future", "_leader", "_members", "_patience", "_policy", "_sweeper", "took_seconds")

    def __init__(self, leader: Joint, policy: TogetherPolicy, *, future: MakeFuture, sweeper: Sweeper) -> None:
        self._leader = leader
        self._policy = policy
        self._future = future
        self._sweeper = sweeper
        self._members: list[tuple[Joint, Answer]] = []
        self._patience: Due | None = None
        self.took_seconds = 0.0
        """What was made for several."""

    @property
    def has_room(self) -> bool:
        """Whether one more may join."""
        return len(self._members) < self._policy.others

    def join(self, attempt: Joint) -> Answer:
        """Have this attempt made too; what it comes to, or _ALONE."""
        answer = self._future(asyncio.get_running_loop(), self._sweeper.now())
        self._members.append((attempt, answer))
        return answer

    async def made(self) -> Any:
        """Make it as one with those whose callers are still there; what the leader's own comes to.

        That the dependency does not answer is for the layers to see. Where it refuses them all with a reason, that may
        be about any of them: then each is made by itself.
        """
        members = [(attempt, answer) for attempt, answer in self._members if not answer.done()]
        if not members:
            return await self._leader()
        if self._patience is None:
            self._patience = self._sweeper.after(self._policy.patience_seconds, self.part)
        began_seconds = self._sweeper.now()
        try:
            own, *others = await self._leader.together_with([attempt for attempt, _ in members])
        except (Unavailable, Elapsed, Overloaded):
            raise
        except Problem:
            self.part()
            return await self._leader()
        finally:
            self.took_seconds = self._sweeper.now() - began_seconds
        for (_, answer), found in zip(members, others, strict=True):
            if not answer.done():
                answer.set_result(found)
        return own

    def part(self) -> None:
        """Have those that still wait make calls of their own."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        members, self._members = self._members, []
        for _, answer in members:
            if not answer.done():
                answer.set_result(_ALONE)


class _Companies:
    """Those of one class of work; `forming` are the ones to be joined now, by their kind."""

    def __init__(self, inner: Call, policy: Policy, *, together: TogetherPolicy, senses: Senses) -> None:
        self._inner = inner
        self._policy = together
        self._senses = senses
        self._permits = senses.permits_of(policy)
        at_most_seconds = policy.bulkhead.wait_seconds + together.patience_seconds
        self._future: MakeFuture = brief_or_not if at_most_seconds < BRIEF_SECONDS else _any_length
        self.forming: dict[Hashable, _Company] = {}
        self._apart_until: dict[Hashable, float] = {}
        """On the clock, of the kinds whose attempts for several have been slow."""

    def are_brisk(self, kind: Hashable) -> bool:
        """Whether an attempt for several of this kind takes nobody's time, as far as is known."""
        return not self._apart_until or self._senses.clock.now() >= self._apart_until.get(kind, 0.0)

    async def lead(self, operation: str, attempt: Joint) -> Any:
        """Make the call, and let others join it until it may begin."""
        kind = attempt.kind
        company = _Company(attempt, self._policy, future=self._future, sweeper=self._senses.sweeper)
        self.forming[kind] = company

        def begin() -> Coroutine[Any, Any, Any]:
            self._close(company, kind)
            return company.made()

        try:
            if self._permits.free > 0:
                await asyncio.sleep(0)  # until the end of this turn
            return await self._inner(operation, begin)
        finally:
            self._close(company, kind)
            company.part()
            if attempt.gathers and company.took_seconds > self._policy.brisk_seconds:
                self._keep_apart(kind)

    async def join(self, operation: str, attempt: Joint, *, company: _Company) -> Any:
        """Have the call made together with others', or make it alone after all."""
        self._senses.attempts_under_way += 1
        try:
            found = await company.join(attempt)
        finally:
            self._senses.attempts_under_way -= 1
        return await self._inner(operation, attempt) if found is _ALONE else found

    def _keep_apart(self, kind: Hashable) -> None:
        now = self._senses.clock.now()
        self._apart_until = {other: until for other, until in self._apart_until.items() if until > now}
        self._apart_until[kind] = now + self._policy.apart_seconds

    def _close(self, company: _Company, kind: Hashable) -> None:
        if self.forming.get(kind) is company:
            del self.forming[kind]


def _any_length(loop: asyncio.AbstractEventLoop, _now: float) -> Answer:
    return loop.create_future()

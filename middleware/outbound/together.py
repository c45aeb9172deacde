"""Make calls together that would otherwise wait for each other."""

import asyncio
from collections.abc import Coroutine, Hashable, Sequence
from typing import Any

from middleware.deadlines import seconds_left
from middleware.errors import Elapsed, Overloaded, Problem, Unavailable
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.layer_policies import TogetherPolicy
from middleware.outbound.policy import Policy
from middleware.sweeper import Due, Sweeper

Answer = asyncio.Future[Any]
"""What becomes of an attempt; Any, as those of one company may be about different things."""


class Joint:
    """An attempt that can be made as one with others of its kind."""

    __slots__ = ()

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
    """Where there is no permit, let the call that waits for one be joined by others of its kind, if there are such.

    The first of them leads: it passes the layers inside as any call does, and once it may begin, its attempt is made as
    one with theirs. Nobody depends on it: should it be refused, fail or leave, or its attempt take longer than
    `patience_seconds`, each of the others makes a call of its own, as if it had only come then. Who has no more time
    than that joins none.
    """
    if policy.together is None:
        return inner
    permits, now, patience_seconds = senses.permits_of(policy), senses.clock.now, policy.together.patience_seconds
    companies = _Companies(inner, policy.together, senses=senses)
    forming, lead, join = companies.forming, companies.lead, companies.join

    def layer(operation: str, attempt: Attempt[T]) -> Coroutine[Any, Any, T]:
        if permits.free > 0 or not isinstance(attempt, Joint):
            return inner(operation, attempt)
        company = forming.get(attempt.kind)
        if company is None or not company.has_room:
            return lead(operation, attempt)
        if seconds_left(now()) > patience_seconds:
            return join(operation, attempt, company=company)
        return inner(operation, attempt)

    return layer


_ALONE = object()
"""What those are told who are to make a call of their own."""


class _Company:
    """An attempt and those that have joined it."""

    __slots__ = ("_leader", "_members", "_patience", "_policy", "_sweeper")

    def __init__(self, leader: Joint, policy: TogetherPolicy, *, sweeper: Sweeper) -> None:
        self._leader = leader
        self._policy = policy
        self._sweeper = sweeper
        self._members: list[tuple[Joint, Answer]] = []
        self._patience: Due | None = None

    @property
    def has_room(self) -> bool:
        """Whether one more may join."""
        return len(self._members) < self._policy.others

    def join(self, attempt: Joint) -> Answer:
        """Have this attempt made too; what it comes to, or _ALONE."""
        answer: Answer = asyncio.get_running_loop().create_future()
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
        try:
            own, *others = await self._leader.together_with([attempt for attempt, _ in members])
        except (Unavailable, Elapsed, Overloaded):
            raise
        except Problem:
            self.part()
            return await self._leader()
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

    def __init__(self, inner: Call, policy: TogetherPolicy, *, senses: Senses) -> None:
        self._inner = inner
        self._policy = policy
        self._senses = senses
        self.forming: dict[Hashable, _Company] = {}

    async def lead(self, operation: str, attempt: Joint) -> Any:
        """Make the call, and let others join it until it may begin."""
        kind = attempt.kind
        company = self.forming[kind] = _Company(attempt, self._policy, sweeper=self._senses.sweeper)

        def begin() -> Coroutine[Any, Any, Any]:
            self._close(company, kind)
            return company.made()

        try:
            return await self._inner(operation, begin)
        finally:
            self._close(company, kind)
            company.part()

    async def join(self, operation: str, attempt: Joint, *, company: _Company) -> Any:
        """Have the call made together with others', or make it alone after all."""
        self._senses.attempts_under_way += 1
        try:
            found = await company.join(attempt)
        finally:
            self._senses.attempts_under_way -= 1
        return await self._inner(operation, attempt) if found is _ALONE else found

    def _close(self, company: _Company, kind: Hashable) -> None:
        if self.forming.get(kind) is company:
            del self.forming[kind]

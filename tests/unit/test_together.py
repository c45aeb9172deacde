"""Calls that come together or wait for a permit are made together, and company costs nobody their answer."""

import asyncio
import math
from collections.abc import Coroutine, Hashable, Sequence
from typing import Any

import pytest

from middleware.brief_wait import Brief
from middleware.deadlines import DEADLINE
from middleware.errors import Invalid, Overloaded, Problem, Unavailable
from middleware.outbound import outbound
from middleware.outbound.layer import Senses
from middleware.outbound.layer_policies import BulkheadPolicy, TogetherPolicy
from middleware.outbound.policy import Policy
from middleware.outbound.together import Joint
from telemetry.events import DependencyCalled
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start


class World:
    """A stack with few permits around a backend that says what it is asked, in the order it is asked, once told to."""

    def __init__(self, *, permits: int = 1, others: int = 15, wait_seconds: float = 1.0) -> None:
        self.hand = HandClock()
        self.events = Recorder()
        self.senses = Senses(observe=self.events, clock=self.hand.clock)
        policy = Policy(
            dependency="postgres",
            name="postgres.reads",
            attempt_timeout_seconds=2.0,
            bulkhead=BulkheadPolicy(permits=permits, waiters=20, wait_seconds=wait_seconds),
            together=TogetherPolicy(others=others, patience_seconds=0.05),
        )
        self.permits = self.senses.permits_of(policy)
        self.stack = outbound(policy, senses=self.senses)
        self.asked: list[tuple[str, ...]] = []
        self.gates: list[asyncio.Future[None]] = []
        self.failures: dict[tuple[str, ...], Problem] = {}

    async def ask(self, *names: str) -> list[str]:
        """What the backend says, once its gate is open."""
        self.asked.append(names)
        self.gates.append(asyncio.get_running_loop().create_future())
        await self.gates[-1]
        if names in self.failures:
            raise self.failures[names]
        return [name.upper() for name in names]

    async def begin(self, *names: str, kind: str = "name", gathers: bool = False) -> "list[asyncio.Task[Any]]":
        tasks = [start(self.stack("read", Asking(self, name, kind=kind, gathers=gathers))) for name in names]
        await settle()
        return tasks

    async def answer(self) -> None:
        """Open the gate of all that wait at one."""
        for gate in self.gates:
            if not gate.done():
                gate.set_result(None)
        await settle()


class Asking(Joint):
    """Asks the backend for a name."""

    def __init__(self, world: World, name: str, *, kind: str, gathers: bool) -> None:
        self.world, self.name, self._kind, self._gathers = world, name, kind, gathers

    @property
    def gathers(self) -> bool:
        """As the test says."""
        return self._gathers

    @property
    def kind(self) -> Hashable:
        """As the test says."""
        return self._kind

    def __call__(self) -> Coroutine[Any, Any, Any]:
        """For this name."""
        return self._alone()

    async def _alone(self) -> str:
        return (await self.world.ask(self.name))[0]

    async def together_with(self, others: Sequence[Joint]) -> Sequence[Any]:
        """For all of their names."""
        return await self.world.ask(self.name, *(one.name for one in others if isinstance(one, Asking)))


async def finish(world: World, tasks: "Sequence[asyncio.Task[Any]]") -> list[Any]:
    """Answer all that is asked until everybody has an answer."""
    while not all(task.done() for task in tasks):
        await world.answer()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_those_who_would_wait_for_a_permit_ask_together() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c", "d")

    answers = await finish(world, tasks)

    assert (answers, world.asked) == (["A", "B", "C", "D"], [("a",), ("b", "c", "d")])
    assert (world.permits.free, world.senses.attempts_under_way) == (1, 0)


async def test_each_of_them_is_measured() -> None:
    world = World()

    await finish(world, await world.begin("a", "b", "c"))

    assert [event.outcome for event in world.events.of(DependencyCalled)] == ["ok", "ok", "ok"]


async def test_nobody_waits_for_company_while_there_are_permits() -> None:
    world = World(permits=3)

    answers = await finish(world, await world.begin("a", "b", "c"))

    assert (answers, world.asked) == (["A", "B", "C"], [("a",), ("b",), ("c",)])


async def test_those_who_gather_wait_for_all_that_come_in_one_turn() -> None:
    world = World(permits=3)

    answers = await finish(world, await world.begin("a", "b", "c", "d", gathers=True))

    assert (answers, world.asked) == (["A", "B", "C", "D"], [("a",), ("b", "c", "d")])
    assert (world.permits.free, world.senses.attempts_under_way) == (3, 0)


async def test_one_that_gathers_waits_for_nobody_where_nothing_is_under_way() -> None:
    world = World(permits=3)
    tasks = [start(world.stack("read", Asking(world, "a", kind="name", gathers=True)))]

    await asyncio.sleep(0)

    assert world.asked == [("a",)]
    await finish(world, tasks)


async def test_who_comes_in_the_next_turn_is_waited_for_by_nobody() -> None:
    world = World(permits=4)
    tasks = await world.begin("a")
    tasks.append(start(world.stack("read", Asking(world, "b", kind="name", gathers=True))))
    await asyncio.sleep(0)
    tasks.append(start(world.stack("read", Asking(world, "c", kind="name", gathers=True))))
    await settle()

    assert world.asked == [("a",), ("b",), ("c",)]
    await finish(world, tasks)


async def test_what_is_slow_for_several_is_made_side_by_side_for_a_while() -> None:
    world = World(permits=9)
    slow = await world.begin("a", "b", "c", gathers=True)
    world.hand.advance(0.02)
    await finish(world, slow)

    apart = await world.begin("d", "e", "f", gathers=True)
    await finish(world, apart)
    world.hand.advance(1.01)
    await finish(world, await world.begin("g", "h", "i", gathers=True))

    assert world.asked == [("a",), ("b", "c"), ("d",), ("e",), ("f",), ("g",), ("h", "i")]


async def test_what_is_slow_says_nothing_of_another_kind() -> None:
    world = World(permits=9)
    slow = await world.begin("a", "b", "c", gathers=True)
    world.hand.advance(0.02)
    await finish(world, slow)

    await finish(world, await world.begin("d", "e", "f", gathers=True, kind="other"))

    assert world.asked[2:] == [("d",), ("e", "f")]


async def test_one_that_leaves_while_others_gather_around_it_takes_nobody_along() -> None:
    world = World(permits=3)
    tasks = [start(world.stack("read", Asking(world, name, kind="name", gathers=True))) for name in "abcd"]
    await asyncio.sleep(0)

    tasks[1].cancel()
    answers = await finish(world, tasks)

    assert (answers[0], answers[2:], tasks[1].cancelled()) == ("A", ["C", "D"], True)
    assert (world.permits.free, world.senses.attempts_under_way) == (3, 0)


async def test_only_what_is_of_one_kind_is_asked_together() -> None:
    world = World()
    tasks = await world.begin("a")
    tasks += await world.begin("b", kind="name")
    tasks += await world.begin("c", kind="other")

    await finish(world, tasks)

    assert world.asked == [("a",), ("b",), ("c",)]


async def test_what_is_no_question_of_a_kind_is_asked_alone() -> None:
    world = World()

    async def plain() -> str:
        return (await world.ask("plain"))[0]

    tasks = [*await world.begin("a", "b"), start(world.stack("read", plain))]

    assert await finish(world, tasks) == ["A", "B", "PLAIN"]
    assert world.asked == [("a",), ("b",), ("plain",)]


async def test_where_no_more_may_join_the_next_one_leads_others() -> None:
    world = World(others=1)

    answers = await finish(world, await world.begin("a", "b", "c", "d", "e"))

    assert (answers, world.asked) == (["A", "B", "C", "D", "E"], [("a",), ("b", "c"), ("d", "e")])


async def test_whoever_comes_once_it_is_asked_is_not_part_of_it() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c")
    await world.answer()
    tasks += await world.begin("d", "e")

    await finish(world, tasks)

    assert world.asked == [("a",), ("b", "c"), ("d", "e")]


async def test_a_leader_that_leaves_in_line_takes_nobody_along() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c", "d")

    tasks[1].cancel()
    answers = await finish(world, tasks)

    assert (answers[0], answers[2:]) == ("A", ["C", "D"])
    assert tasks[1].cancelled()
    assert (world.permits.free, world.senses.attempts_under_way) == (1, 0)


async def test_a_leader_that_leaves_in_the_middle_takes_nobody_along() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c")
    await world.answer()

    tasks[1].cancel()
    await settle()

    assert await finish(world, [tasks[0], tasks[2]]) == ["A", "C"]
    assert world.asked == [("a",), ("b", "c"), ("c",)]
    assert world.permits.free == 1


async def test_who_has_left_is_not_asked_for() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c", "d")

    tasks[2].cancel()
    await finish(world, tasks)

    assert world.asked == [("a",), ("b", "d")]


async def test_who_leaves_while_it_is_asked_is_no_matter_to_the_others() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c", "d")
    await world.answer()

    tasks[2].cancel()
    answers = await finish(world, tasks)

    assert (answers[1], answers[3], tasks[2].cancelled()) == ("B", "D", True)


async def test_what_fails_for_the_leader_is_asked_again_by_the_others() -> None:
    world = World()
    world.failures[("b", "c")] = Unavailable("gone")

    answers = await finish(world, await world.begin("a", "b", "c"))

    assert (answers[0], type(answers[1]), answers[2]) == ("A", Unavailable, "C")
    assert world.asked == [("a",), ("b", "c"), ("c",)]


async def test_what_is_refused_for_one_of_them_is_asked_for_each() -> None:
    world = World()
    world.failures[("b", "c")] = world.failures[("c",)] = Invalid("no such name")

    answers = await finish(world, await world.begin("a", "b", "c"))

    assert (answers[:2], type(answers[2])) == (["A", "B"], Invalid)
    assert world.asked == [("a",), ("b", "c"), ("b",), ("c",)]


async def test_where_the_leader_finds_no_room_the_others_see_for_themselves() -> None:
    world = World(wait_seconds=0.02)
    holding, *tasks = await world.begin("a", "b", "c")

    world.hand.advance(0.04)
    await settle()

    with pytest.raises(Overloaded):
        await tasks[0]
    assert not tasks[1].done()
    assert await finish(world, [holding, tasks[1]]) == ["A", "C"]


async def test_a_long_line_is_no_reason_to_leave_company() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c", "d")

    world.hand.advance(0.5)
    await settle()
    await finish(world, tasks)

    assert world.asked == [("a",), ("b", "c", "d")]


async def test_an_answer_that_takes_too_long_is_not_waited_for_by_those_who_joined() -> None:
    world = World()
    tasks = await world.begin("a", "b", "c")
    await world.answer()

    world.hand.advance(0.07)
    answers = await finish(world, tasks)

    assert (answers, world.asked) == (["A", "B", "C"], [("a",), ("b", "c"), ("c",)])


async def test_whoever_has_less_time_than_that_joins_nobody() -> None:
    world = World()
    tasks = await world.begin("a", "b")
    token = DEADLINE.set(0.04)
    tasks += await world.begin("c")
    DEADLINE.reset(token)

    await finish(world, tasks)

    assert world.asked == [("a",), ("b",), ("c",)]


async def test_whoever_joins_waits_briefly_where_everybody_would_have_had_enough_by_then() -> None:
    world = World()
    first = await world.begin("a", "b")

    joining = world.stack("read", Asking(world, "c", kind="name", gathers=False))

    assert type(joining.send(None)) is Brief
    joining.close()
    await finish(world, first)


@pytest.mark.parametrize(("wait_seconds", "deadline"), [(60.0, math.inf), (1.0, 1.0)])
async def test_nobody_else_is_thought_to_wait_briefly(wait_seconds: float, deadline: float) -> None:
    world = World(wait_seconds=wait_seconds)
    first = await world.begin("a", "b")
    token = DEADLINE.set(deadline)

    joining = world.stack("read", Asking(world, "c", kind="name", gathers=False))

    assert type(joining.send(None)) is not Brief
    joining.close()
    DEADLINE.reset(token)
    await finish(world, first)


async def test_those_who_wait_for_company_are_known_to_wait_elsewhere() -> None:
    world = World()

    tasks = await world.begin("a", "b", "c", "d")

    assert world.senses.attempts_under_way == 3
    await finish(world, tasks)

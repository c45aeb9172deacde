"""Creates that wait for a permit are made together, and each is answered as if it had been made alone."""

import asyncio
import math
from collections.abc import Coroutine
from typing import Any

from middleware.deadlines import DEADLINE
from middleware.errors import Conflict, OutcomeUnknown, Overloaded, Unavailable
from storage.creates_together import APART_SECONDS, TEXT_AT_MOST, CreatesTogether
from storage.postgres.statement import Statement
from telemetry.events import DependencyCalled
from tests.unit.gathered_creates import OTHER, Rows, World, row
from tests.unit.pool_script import settle


async def test_those_who_would_wait_for_a_permit_are_made_together_and_each_has_its_own_row() -> None:
    world = World()
    tasks = await world.create("a", "b", "c")

    answers = await world.answers(tasks)

    assert (answers, world.asked) == (["a", "b", "c"], [['{"a","b","c"}', '{"A","B","C"}']])
    assert (world.senses.attempts_under_way, world.senses.running) == (0, set())


async def test_nobody_has_company_where_nothing_else_is_written() -> None:
    world = World()
    world.is_writing = world.makes_writes_wait = False

    answers = await world.answers(await world.create("a", "b"))

    assert (answers, world.asked) == (["a", "b"], [["a", "A"], ["b", "B"]])


async def test_where_there_are_permits_those_are_made_together_who_come_in_one_turn() -> None:
    world = World()
    world.makes_writes_wait = False
    tasks = await world.create("a", "b")
    await world.begin()
    tasks += await world.create("c", "d")

    answers = await world.answers(tasks)

    assert (answers, sorted(map(str, world.asked))) == (
        ["a", "b", "c", "d"],
        [str(['{"a","b"}', '{"A","B"}']), str(['{"c","d"}', '{"C","D"}'])],
    )


async def test_who_comes_alone_then_is_made_alone() -> None:
    world = World()
    world.makes_writes_wait = False

    tasks = [*await world.create("a"), *await world.create("b")]

    assert [task.result()[0] for task in tasks] == [row("a"), row("b")]
    assert (world.asked, world.senses.running) == ([["a", "A"], ["b", "B"]], set())


async def test_others_join_until_the_statement_is_sent() -> None:
    world = World()
    tasks = await world.create("a")
    tasks += await world.create("b")
    await world.begin()
    tasks += await world.create("c")

    answers = await world.answers(tasks)

    assert (answers, world.asked[0]) == (["a", "b", "c"], ['{"a","b"}', '{"A","B"}'])
    assert world.asked[1:] == [['{"c"}', '{"C"}']]


async def test_only_what_one_statement_makes_is_made_together() -> None:
    world = World()
    tasks = [*await world.create("a"), *await world.create("b", of=OTHER)]

    answers = await world.answers(tasks)

    assert (answers, sorted(map(str, world.asked))) == (["a", "b"], [str(['{"a"}', '{"A"}']), str(['{"b"}', '{"B"}'])])


async def test_no_more_are_made_together_than_one_turn_has_time_for() -> None:
    world = World(others=1)

    answers = await world.answers(await world.create("a", "b", "c"))

    assert answers == ["a", "b", "c"]
    assert sorted(map(str, world.asked)) == [str(['{"a","b"}', '{"A","B"}']), str(['{"c"}', '{"C"}'])]


async def test_each_but_the_one_whose_call_it_is_tells_a_call_until_postgres_answered() -> None:
    world = World()
    world.telling_seconds = 0.5
    tasks = await world.create("a", "b", "c")
    await world.begin()
    world.hand.advance(0.25)

    await world.answers(tasks)

    told = DependencyCalled(
        dependency="postgres", operation="create", outcome="ok", error_type="", duration_seconds=0.25
    )
    assert world.events.of(DependencyCalled) == [told, told]


async def test_a_record_that_something_stands_in_the_way_of_is_made_alone_and_answered_as_ever() -> None:
    world = World()
    world.left_out = {"b"}

    answers = await world.answers(await world.create("a", "b", "c"))

    assert (answers, world.asked[1:]) == (["a", Conflict, "c"], [["b", "B"]])


async def test_where_the_statement_is_refused_each_is_made_alone() -> None:
    world = World()
    world.refusal = Conflict

    answers = await world.answers(await world.create("a", "b"))

    assert (answers, world.asked[1:]) == (["a", "b"], [["a", "A"], ["b", "B"]])


async def test_for_a_moment_after_that_nobody_is_made_with_others() -> None:
    world = World()
    world.refusal = Conflict
    await world.answers(await world.create("a", "b"))
    world.asked.clear()

    await world.answers(await world.create("c", "d"))
    world.hand.advance(APART_SECONDS)
    await world.answers(await world.create("e", "f"))

    assert world.asked[:3] == [["c", "C"], ["d", "D"], ['{"e","f"}', '{"E","F"}']]


async def test_where_it_never_begins_each_is_made_alone_and_nothing_speaks_against_company() -> None:
    world = World()
    tasks = await world.create("a", "b")
    for gate in world._begins:
        gate.set_exception(Unavailable())

    assert await world.answers(tasks) == ["a", "b"]
    assert await world.answers(await world.create("c", "d")) == ["c", "d"]
    assert world.asked == [["a", "A"], ["b", "B"], ['{"c","d"}', '{"C","D"}']]


async def test_where_there_is_no_permit_in_time_each_is_turned_away_and_none_waits_again() -> None:
    world = World()
    tasks = await world.create("a", "b")
    for gate in world._begins:
        gate.set_exception(Overloaded())

    assert (await world.answers(tasks), world.asked) == ([Overloaded, Overloaded], [])


async def test_the_deadline_of_the_first_is_none_of_the_others() -> None:
    world = World()
    hurry = DEADLINE.set(world.hand.clock.now() + 0.1)
    tasks = await world.create("a", "b")
    DEADLINE.reset(hurry)

    await world.answers(tasks)

    assert world.deadlines == [math.inf]


async def test_where_nobody_knows_what_came_of_it_each_is_told_so_and_nobody_is_made_again() -> None:
    world = World()
    world.refusal = OutcomeUnknown

    answers = await world.answers(await world.create("a", "b", "c"))

    assert (answers, len(world.asked)) == ([OutcomeUnknown] * 3, 1)
    assert [event.error_type for event in world.events.of(DependencyCalled)] == ["outcome_unknown"] * 2


async def test_nobody_joins_what_is_already_over() -> None:
    world, told = World(), asyncio.Event()

    async def watch(_statement: Statement, running: Coroutine[Any, Any, Rows], /) -> Rows:
        try:
            return await running
        finally:
            await told.wait()

    world.creates = CreatesTogether(world, world, watch=watch, senses=world.senses)
    tasks = await world.create("a", "b")
    for gate in world._begins:
        gate.set_exception(OutcomeUnknown())
    await settle()
    late = await world.create("c")
    told.set()

    answers = await world.answers([*tasks, *late])

    assert (answers, world.asked) == ([OutcomeUnknown, OutcomeUnknown, "c"], [['{"c"}', '{"C"}']])


async def test_a_bug_on_the_way_says_nothing_of_what_was_written() -> None:
    world = World()
    world.refusal = RuntimeError

    answers = await world.answers(await world.create("a", "b"))

    assert (answers, len(world.asked)) == ([OutcomeUnknown] * 2, 1)


async def test_what_fails_after_postgres_answered_is_not_made_again() -> None:
    world = World()

    async def watch(_statement: Statement, running: Coroutine[Any, Any, Rows], /) -> Rows:
        await running
        raise Unavailable

    world.creates = CreatesTogether(world, world, watch=watch, senses=world.senses)

    answers = await world.answers(await world.create("a", "b"))

    assert (answers, len(world.asked)) == ([OutcomeUnknown] * 2, 1)


async def test_who_leaves_before_it_is_sent_is_left_out_and_takes_nobody_along() -> None:
    world = World()
    tasks = await world.create("a", "b", "c")
    tasks[0].cancel()  # who came first

    answers = await world.answers(tasks)

    assert (answers, world.asked) == ([asyncio.CancelledError, "b", "c"], [['{"b","c"}', '{"B","C"}']])


async def test_who_leaves_after_that_has_it_written_and_takes_nobody_along() -> None:
    world = World()
    tasks = await world.create("a", "b", "c")
    await world.begin()
    for task in tasks[:2]:
        task.cancel()

    answers = await world.answers(tasks)

    assert answers == [asyncio.CancelledError, asyncio.CancelledError, "c"]
    assert world.asked == [['{"a","b","c"}', '{"A","B","C"}']]
    assert [event.error_type for event in world.events.of(DependencyCalled)] == ["cancelled", ""]


async def test_of_two_with_the_same_key_one_is_made_alone() -> None:
    world = World()

    await world.answers(await world.create("a", "b", "a"))

    assert world.asked == [["a", "A"], ['{"a","b"}', '{"A","B"}']]


async def test_a_long_record_is_made_alone() -> None:
    world = World()
    long = "x" * TEXT_AT_MOST

    await world.answers([*await world.create("a"), *await world.create(long), *await world.create("b")])

    assert world.asked == [[long, long.upper()], ['{"a","b"}', '{"A","B"}']]


async def test_who_has_hardly_any_time_left_is_made_alone() -> None:
    world = World()
    tasks = await world.create("a")
    hurry = DEADLINE.set(0.05)
    tasks += await world.create("b")
    DEADLINE.reset(hurry)

    await world.answers(tasks)

    assert world.asked == [["b", "B"], ['{"a"}', '{"A"}']]


async def test_what_belongs_to_a_transaction_joins_nobody() -> None:
    world = World()

    async with world.creates.transaction() as runner:
        assert runner is world

"""Where the log is after a write: asked once for all who have just written."""

import asyncio
from collections.abc import Sequence
from typing import Any

from middleware.errors import Unavailable
from storage.postgres.statement import Statement
from storage.replicas.position import Position
from storage.replicas.write_positions import WritePositions
from tests.unit.pool_script import settle, start


class ScriptedPrimary:
    """Answers with the next place when told to."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[None]] = []

    async def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> list[tuple[Any, ...]]:
        """Wait to be told."""
        assert (statement.writes, tuple(parameters), operation) == (False, (), "position")
        place = len(self.asked) + 1
        self.asked.append(asyncio.get_running_loop().create_future())
        await self.asked[-1]
        return [(1.0, False, 1, place)]


def at(place: int) -> Position:
    """A position."""
    return Position(timeline=1, place=place)


async def test_those_who_wait_for_the_same_question_share_it() -> None:
    primary = ScriptedPrimary()
    positions = WritePositions(primary)
    first = start(positions.now())
    await settle()
    others = [start(positions.now()) for _ in range(3)]
    await settle()
    primary.asked[0].set_result(None)
    await settle()
    primary.asked[1].set_result(None)

    assert [await first, *[await other for other in others]] == [at(1), at(2), at(2), at(2)]
    assert len(primary.asked) == 2


async def test_a_question_asked_before_a_write_says_nothing_of_it() -> None:
    primary = ScriptedPrimary()
    positions = WritePositions(primary)
    earlier = start(positions.now())
    await settle()

    later = start(positions.now())
    await settle()
    primary.asked[0].set_result(None)
    await settle()

    assert (await earlier, later.done(), len(primary.asked)) == (at(1), False, 2)
    await positions.close()
    await asyncio.wait([later])


async def test_a_write_is_answered_where_the_primary_does_not_say() -> None:
    primary = ScriptedPrimary()
    positions = WritePositions(primary)
    asking = start(positions.now())
    await settle()

    primary.asked[0].set_exception(Unavailable())

    assert await asking is None

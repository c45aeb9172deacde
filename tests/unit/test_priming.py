"""What is made ready before the first caller comes: the most usual first, and no more than there is time for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server.priming import prime
from server.service import Action
from server.testing import Recorder
from storage.credentials.key_table import FIND_KEY
from storage.postgres.statement import Statement, statement
from telemetry.events import StatementsPrimed
from tests.hand_clock import HandClock

MAKING_SECONDS = 1.0


def made(text: str) -> Statement:
    return statement(f"SELECT '{text}'", types={}, writes=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Takes its time over each of an action's two statements."""

    action: Action
    hand: HandClock

    def statements(self) -> Iterator[Statement]:
        """Them."""
        for number in range(2):
            self.hand.advance(MAKING_SECONDS)
            yield made(f"{self.action} {number}")


@dataclass(slots=True)
class Shelf:
    """Prepares whatever it is given."""

    given: list[Statement] = field(default_factory=list)

    async def prepare(self, statements: Sequence[Statement], *, within_seconds: float) -> int:
        """Take them, if there is time."""
        self.given += statements if within_seconds > 0 else []
        return len(self.given)


async def primed(within_seconds: float) -> tuple[list[Statement], list[StatementsPrimed]]:
    hand, shelf, events = HandClock(), Shelf(), Recorder()
    rehearsals = [Slow(action=action, hand=hand) for action in ("update", "list", "read")]
    await prime(rehearsals, shelf, within_seconds=within_seconds, observe=events, now=hand.clock.now)
    return shelf.given, events.of(StatementsPrimed)


async def test_reads_come_before_lists_and_lists_before_writes() -> None:
    given, told = await primed(100.0)

    words = ["read 0", "read 1", "list 0", "list 1", "update 0", "update 1"]
    assert given == [FIND_KEY, *map(made, words)]
    assert told == [StatementsPrimed(made=7, prepared=7, is_whole=True, duration_seconds=6.0)]


async def test_what_there_is_no_time_for_is_left_to_whoever_asks_for_it() -> None:
    given, told = await primed(4.0)

    assert given == [FIND_KEY, *map(made, ["read 0", "read 1", "list 0"])]
    assert told == [StatementsPrimed(made=4, prepared=4, is_whole=False, duration_seconds=3.0)]


async def test_without_any_time_all_is_left() -> None:
    assert await primed(0.0) == ([], [])

"""What the first callers of a process would wait for is done before they come, as far as a short time allows."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from server.service import Action
from storage.credentials.key_table import FIND_KEY
from storage.postgres.statement import Statement
from telemetry.events import Observe, StatementsPrimed

MAKING_SHARE = 0.7
"""Of the time, for making statements, which takes two milliseconds each; the rest is for preparing them, half a
millisecond each on a connection."""

USUAL: Sequence[Action] = ("read", "list", "create", "delete", "replace", "update")
"""In this order, each for all resources, as the time may end before: what is asked for most comes first."""


class Rehearsing(Protocol):
    """Knows what the usual requests for an action take; a Rehearsal."""

    @property
    def action(self) -> Action:
        """Which it is."""

    def statements(self) -> Iterator[Statement]:
        """Each made when it is come to."""


class Preparing(Protocol):
    """Where statements are prepared; a Pool."""

    async def prepare(self, statements: Sequence[Statement], *, within_seconds: float) -> int:
        """Prepare them on every open connection, as many as time allows; how many are, on each of them."""


async def prime(
    rehearsals: Iterable[Rehearsing],
    pool: Preparing,
    *,
    within_seconds: float,
    observe: Observe,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Make the statements of the usual requests and have them prepared, the most usual first, as far as time allows.

    What cannot be made or prepared, or not in time, is when it is asked for, and whoever asks is told what is wrong.
    """
    if not within_seconds:
        return
    began = now()
    made = {FIND_KEY.name: FIND_KEY}
    is_whole = True
    for statement in _usual(rehearsals):
        made[statement.name] = statement
        if now() - began >= within_seconds * MAKING_SHARE:
            is_whole = False
            break
        await asyncio.sleep(0)  # probes are answered meanwhile
    left_seconds = max(0.0, within_seconds - (now() - began))
    prepared = await pool.prepare([*made.values()], within_seconds=left_seconds)
    told = StatementsPrimed(made=len(made), prepared=prepared, is_whole=is_whole, duration_seconds=now() - began)
    observe(told)


def _usual(rehearsals: Iterable[Rehearsing]) -> Iterator[Statement]:
    for rehearsal in sorted(rehearsals, key=lambda one: USUAL.index(one.action)):
        yield from rehearsal.statements()

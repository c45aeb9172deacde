"""Creates before a pool that has no permit to give until it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from middleware.deadlines import DEADLINE
from middleware.errors import Conflict
from middleware.outbound.layer import Senses
from middleware.outbound.layer_policies import TogetherPolicy
from storage.creates_together import CreatesTogether
from storage.postgres.statement import Statement, statement
from storage.runner import TransactionRunner
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start

SEVERAL = statement("INSERT several", types={"id": "uuid[]", "name": "text[]"})
ONE = replace(statement("INSERT one", types={"id": "uuid", "name": "text"}), key="id", of_several=SEVERAL)
OTHER = replace(statement("INSERT other", types={"id": "uuid", "name": "text"}), key="id", of_several=SEVERAL)

Rows = list[tuple[Any, ...]]


class World:
    """Creates before a pool with no permit, which reads what it is given once it begins, and answers once told to."""

    def __init__(self, *, others: int = 15) -> None:
        self.is_writing = self.makes_writes_wait = True
        self.hand = HandClock()
        self.events = Recorder()
        self.asked: list[list[object]] = []
        self.deadlines: list[float] = []
        self.left_out: set[str] = set()
        self.refusal: Callable[[], Exception] | None = None
        self.telling_seconds = 0.0
        self._begins: list[asyncio.Future[None]] = []
        self._ends: list[asyncio.Future[None]] = []
        self.senses = Senses(observe=self.events, clock=self.hand.clock)
        policy = TogetherPolicy(others=others, patience_seconds=0.05)
        self.creates = CreatesTogether(self, self, watch=self.watch, senses=self.senses, policy=policy)

    def run(self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str) -> Coroutine[Any, Any, Rows]:
        """As the pool does; of several records the rows of those that are not left out."""
        assert operation == "create"
        return self._several(parameters) if statement is SEVERAL else self._one(parameters)

    async def _one(self, parameters: Sequence[Any]) -> Rows:
        self.asked.append([*parameters])
        if parameters[0] in self.left_out:
            raise Conflict
        return [row(parameters[0])]

    async def _several(self, parameters: Sequence[Any]) -> Rows:
        self.deadlines.append(DEADLINE.get())
        await self._gate(self._begins)
        keys, names = parameters
        self.asked.append([keys, names])
        await self._gate(self._ends)
        if self.refusal is not None:
            raise self.refusal()
        return [row(key) for key in keys[1:-1].replace('"', "").split(",") if key not in self.left_out]

    async def watch(self, statement: Statement, running: Coroutine[Any, Any, Rows], /) -> Rows:
        """Have a cache told, which takes its time."""
        assert statement is SEVERAL
        rows = await running
        self.hand.advance(self.telling_seconds)
        return rows

    @asynccontextmanager
    async def transaction(self, *, operation: str = "transaction") -> AsyncIterator[TransactionRunner]:
        """Itself."""
        assert operation == "transaction"
        yield self

    async def create(self, *keys: str, of: Statement = ONE) -> "list[asyncio.Task[Rows]]":
        """Begin to make records of these keys, each with a name like it."""
        tasks = [start(self.creates.run(of, (key, key.upper()), operation="create")) for key in keys]
        await settle()
        return tasks

    async def begin(self) -> None:
        """Give whoever waits for a permit one."""
        await _open(self._begins)

    async def end(self) -> None:
        """Have whatever has begun end."""
        await _open(self._ends)

    async def answers(self, tasks: "Sequence[asyncio.Task[Rows]]") -> list[Any]:
        """What becomes of all of them: the keys of rows, errors by their class."""
        await self.begin()
        await self.end()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [type(one) if isinstance(one, BaseException) else one[0][-1].decode() for one in found]

    @staticmethod
    async def _gate(gates: list[asyncio.Future[None]]) -> None:
        gates.append(asyncio.get_running_loop().create_future())
        await gates[-1]


async def _open(gates: list[asyncio.Future[None]]) -> None:
    await settle()
    while gates:
        gate = gates.pop()
        if not gate.done():
            gate.set_result(None)
    await settle()


def row(key: str) -> tuple[Any, ...]:
    """What Postgres shows of a record."""
    return b"{}", b"1.0", key.encode()

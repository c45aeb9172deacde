"""The other side of the pool's scheduling: connects that end when, and as, the test says."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from middleware.errors import Problem
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from storage.postgres.slots import Slots
from telemetry.events import DropReason
from tests.hand_clock import HandClock
from tests.recorder import Recorder

T = TypeVar("T")


class ScriptedConnection:
    """A connection that is whatever the test makes it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.fault: DropReason | None = None
        self.is_superseded = False
        self.closed = False

    def abandon(self) -> None:
        """Note it: it is closed under its user."""
        self.closed = True

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def __repr__(self) -> str:
        return f"connection {self.number}"


class ScriptedServer:
    """Connects at once, or where `holding` when told; refuses with `refusal` where set."""

    def __init__(self) -> None:
        self.holding = False
        self.refusal: Exception | None = None
        self.opened: list[ScriptedConnection] = []
        self._held: list[asyncio.Future[None]] = []

    async def connect(self) -> ScriptedConnection:
        """Open one more."""
        if self.holding:
            gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append(gate)
            await gate
        if self.refusal is not None:
            raise self.refusal
        connection = ScriptedConnection(len(self.opened) + 1)
        self.opened.append(connection)
        return connection

    @property
    def connecting(self) -> int:
        """How many connects have not ended."""
        return sum(not gate.done() for gate in self._held)

    def answer(self, *, refusal: Problem | None = None) -> None:
        """Let the longest connect end."""
        self.refusal = refusal
        next(gate for gate in self._held if not gate.done()).set_result(None)


class Bench:
    """A pool's scheduling between a scripted server and a clock moved by hand."""

    def __init__(self, *, jitter: float = 0.0, **policy: Any) -> None:
        self.server = ScriptedServer()
        self.hand = HandClock(jitter=jitter)
        self.events = Recorder()
        self.slots = Slots(
            self.server.connect,
            policy=PoolPolicy(**{"minimum": 1, "maximum": 2, **policy}),
            senses=Senses(observe=self.events, clock=self.hand.clock),
            name="test",
        )

    @property
    def counts(self) -> tuple[int, int, int]:
        """Idle, used, pending."""
        size = self.slots.size
        return size.idle, size.used, size.pending


MakeBench = Callable[..., Bench]


def start(coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start it beside the test."""
    return asyncio.ensure_future(coroutine)


async def settle() -> None:
    """Let everything that can run do so: more turns of the loop than any chain here has links."""
    for _ in range(20):
        await asyncio.sleep(0)

"""Looking for the way back to a server while calls are kept from it."""

from middleware.errors import Unavailable
from storage.scout import MOST_AT_ONCE, RESTS_AT_MOST, TRIES, Scout
from tests.hand_clock import HandClock
from tests.unit.pool_script import ScriptedConnection, ScriptedServer, settle

INTERVAL_SECONDS = 0.15


class HandGate:
    """Open or closed as the test says; remembers how often it was told to try."""

    def __init__(self) -> None:
        self.is_closed = True
        self.tries = 0

    def try_now(self) -> None:
        """Note it."""
        self.tries += 1


class World:
    """A scout, the server it connects to, and the gate it watches."""

    def __init__(self) -> None:
        self.hand = HandClock()
        self.server = ScriptedServer()
        self.gate = HandGate()
        self.welcomed: list[ScriptedConnection] = []
        self.scout = Scout(
            self.server.connect,
            gates=[self.gate],
            welcome=self.welcomed.append,
            clock=self.hand.clock,
            interval_seconds=INTERVAL_SECONDS,
        )
        self.scout.start()

    async def pass_time(self, *, intervals: int = 1) -> None:
        """Let it look so many times."""
        for _ in range(intervals):
            self.hand.advance(INTERVAL_SECONDS)
            await settle()


async def test_while_calls_pass_nobody_is_bothered() -> None:
    world = World()

    await world.pass_time(intervals=10)

    assert world.server.opened == []


async def test_a_server_that_can_be_connected_to_again_is_tried_at_once() -> None:
    world = World()
    world.gate.is_closed = False
    world.server.refusal = Unavailable()
    await world.pass_time(intervals=3)
    world.server.refusal = None

    await world.pass_time()

    assert (world.gate.tries, world.welcomed) == (1, world.server.opened)


async def test_a_gate_that_stays_shut_is_tried_a_few_times_and_then_left_to_its_own_pace() -> None:
    world = World()
    world.gate.is_closed = False
    world.server.refusal = Unavailable()
    await world.pass_time()
    world.server.refusal = None

    await world.pass_time(intervals=10)

    assert world.gate.tries == TRIES


async def test_where_connecting_was_never_the_trouble_the_breaker_keeps_its_own_pace() -> None:
    world = World()
    world.gate.is_closed = False

    await world.pass_time(intervals=3)

    assert world.gate.tries == 0


async def test_one_that_can_be_connected_to_is_looked_for_half_as_often_each_time() -> None:
    world = World()
    world.gate.is_closed = False

    await world.pass_time(intervals=1 + 2 + 4 + 8 + 16 + 16)

    assert len(world.server.opened) == 6


async def test_one_that_cannot_be_connected_to_any_more_is_looked_for_at_every_interval_again() -> None:
    world = World()
    world.gate.is_closed = False
    await world.pass_time(intervals=100)
    before = len(world.server.opened)
    world.server.refusal = Unavailable()
    await world.pass_time(intervals=RESTS_AT_MOST + 1)
    world.server.refusal = None

    await world.pass_time(intervals=TRIES)

    assert (len(world.server.opened) - before, world.gate.tries) == (TRIES, TRIES)


async def test_a_gate_that_shuts_anew_finds_it_looking_at_once() -> None:
    world = World()
    world.gate.is_closed = False
    await world.pass_time(intervals=100)
    world.gate.is_closed = True
    await world.pass_time()
    before = len(world.server.opened)

    world.gate.is_closed = False
    await world.pass_time()

    assert len(world.server.opened) == before + 1


async def test_servers_that_hang_are_not_connected_to_ever_more() -> None:
    world = World()
    world.gate.is_closed = False
    world.server.holding = True

    await world.pass_time(intervals=10)

    assert world.server.connecting == MOST_AT_ONCE


async def test_once_stopped_it_connects_no_more() -> None:
    world = World()
    world.gate.is_closed = False
    world.server.holding = True
    await world.pass_time()

    await world.scout.stop()

    assert (world.server.connecting, world.hand.pending) == (0, [])

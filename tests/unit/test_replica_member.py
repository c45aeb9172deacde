"""One server that may be read from: what is believed of it, and which of its connections are used."""

from collections.abc import Callable
from typing import Any, cast

from middleware.errors import Unavailable
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from storage.postgres.connection import PostgresConnection
from storage.postgres.statement import statement
from storage.replicas.member import Member
from storage.replicas.position import Position
from telemetry.events import DropReason
from tests.hand_clock import HandClock
from tests.recorder import Recorder

QUESTION = statement("SELECT 1", types={}, writes=False)


class ScriptedServer:
    """Says of itself what the test says; a connection belongs to the life in which it was made."""

    def __init__(self) -> None:
        self.began_at = 1.0
        self.is_replica = True
        self.place = 100
        self.is_away = False
        self.opened: list[ScriptedSession] = []

    async def connect(self) -> PostgresConnection:
        """Open one more."""
        if self.is_away:
            raise Unavailable
        self.opened.append(ScriptedSession(self))
        return cast("PostgresConnection", self.opened[-1])


class ScriptedSession:
    """One connection; it answers with the number of reads made over it."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.reads = 0
        self.closed = False
        self._is_current: Callable[[], bool] = lambda: True

    @property
    def is_superseded(self) -> bool:
        """Whether it is to be used no more."""
        return not self._is_current()

    @property
    def fault(self) -> DropReason | None:
        """As the pool asks."""
        return "superseded" if self.is_superseded else None

    def use_while(self, is_current: Callable[[], bool]) -> None:
        """As it was told."""
        self._is_current = is_current

    async def execute(self, _script: str, *, writes: bool) -> list[tuple[Any, ...]]:
        """Say where the server is."""
        assert not writes
        if self.server.is_away:
            raise Unavailable
        return [(self.server.began_at, self.server.is_replica, 1, self.server.place)]

    async def run(self, *_: object) -> list[tuple[int]]:
        """One read."""
        self.reads += 1
        return [(self.reads,)]

    def abandon(self) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close it."""
        self.closed = True


def a_member(server: ScriptedServer) -> Member:
    """A member at this server."""
    senses = Senses(observe=Recorder(), clock=HandClock().clock)
    return Member("postgres_2", server.connect, policy=PoolPolicy(minimum=0, attempts=1), senses=senses)


def place_of(member: Member) -> int | None:
    """How far it is believed to be."""
    return None if member.seen is None else member.seen.position.place


async def test_a_look_tells_how_far_it_has_come() -> None:
    server = ScriptedServer()
    member = a_member(server)

    await member.look()

    assert member.seen is not None
    assert (member.lets_read, member.seen.position) == (True, Position(timeline=1, place=100))


async def test_nothing_is_read_from_one_that_is_away() -> None:
    server = ScriptedServer()
    member = a_member(server)
    await member.look()
    server.is_away = True

    await member.look()

    assert (member.lets_read, member.seen) == (False, None)


async def test_nothing_is_read_from_a_primary() -> None:
    server = ScriptedServer()
    server.is_replica = False
    member = a_member(server)

    await member.look()

    assert not member.lets_read


async def test_connections_are_used_again() -> None:
    server = ScriptedServer()
    member = a_member(server)

    rows = [await member.run(QUESTION, operation="read") for _ in range(2)]

    assert rows == [[(1,)], [(2,)]]


async def test_a_server_that_was_restarted_is_believed_to_have_no_more_than_it_says() -> None:
    server = ScriptedServer()
    member = a_member(server)
    await member.look()
    await member.run(QUESTION, operation="read")
    server.began_at, server.place = 2.0, 50

    await member.look()
    rows = await member.run(QUESTION, operation="read")

    assert (place_of(member), rows) == (50, [(1,)])


async def test_a_connection_to_another_server_behind_the_address_is_found_out() -> None:
    server = ScriptedServer()
    member = a_member(server)
    await member.look()
    server.began_at, server.place = 2.0, 50

    await member.run(QUESTION, operation="read")

    assert place_of(member) == 50


async def test_one_that_was_promoted_answers_no_more_reads() -> None:
    server = ScriptedServer()
    member = a_member(server)
    await member.run(QUESTION, operation="read")
    server.is_replica = False

    await member.look()

    assert (member.lets_read, [session.is_superseded for session in server.opened]) == (False, [True, False])

"""Takes connections from the kernel only while there is room for them; the rest wait where they cost nothing."""

import asyncio
import math
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from middleware.inbound.binding import Bound
from middleware.inbound.certificate import Certificate
from middleware.inbound.handshakes import Handshakes
from telemetry.events import Observe

BACKLOG = 1_024
"""How many connections the kernel may hold for us; it takes `net.core.somaxconn` where that is less."""
_SHORT_BACKLOG = 4
"""How many while few are taken: at 400 a second the last of them has waited for 10 ms. Of a longer queue
each would have waited for seconds; beyond it the kernel drops the attempt, and the caller makes another after one."""
_AT_ONCE = 64
"""Connections taken in one go, so that the loop gets to do something else."""
_OUT_OF_FILES_SECONDS = 0.1
_ESTABLISHED = 1
"""TCP_ESTABLISHED of linux/tcp_states.h; one that has ended, or is about to, is served nothing by aiohttp either."""


class _Room:
    """How many connections may be taken now."""

    __slots__ = ("_some", "left")

    def __init__(self) -> None:
        self._some = asyncio.Event()
        self.left: float = 0
        self.make(math.inf)

    def make(self, connections: float) -> None:
        """So many and no more."""
        self.left = connections
        if connections > 0:
            self._some.set()
        else:
            self._some.clear()

    async def some(self) -> None:
        """Wait until there is any."""
        await self._some.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secure:
    """What it takes to speak TLS, and where to tell of those who do not."""

    certificate: Certificate
    observe: Observe


class Listener(web.BaseSite):
    """A site like aiohttp's TCPSite, except that `pause`, `resume` and `admit_few` hold it."""

    __slots__ = ("_accepting", "_backlog", "_bound", "_room", "_secure")

    def __init__(self, runner: web.AppRunner, bound: Bound, *, secure: Secure | None = None) -> None:
        """`secure` makes it speak TLS, and nothing else."""
        super().__init__(runner)
        self._secure = secure
        self._bound = bound
        self._backlog = BACKLOG
        self._room = _Room()
        self._accepting: _Accepting | None = None

    @property
    def name(self) -> str:
        """Where it listens."""
        host, port, *_ = self._bound.sockets[0].getsockname()
        return f"{'http' if self._secure is None else 'https'}://{host}:{port}"

    def pause(self) -> None:
        """Take no connection until told otherwise."""
        self._room.make(0)

    def resume(self) -> None:
        """Take connections again."""
        self._room.make(math.inf)
        self._keep(BACKLOG)

    def admit_few(self, connections: int) -> None:
        """Take so many, and keep a short queue from now on."""
        self._room.make(connections)
        self._keep(_SHORT_BACKLOG)

    def _keep(self, backlog: int) -> None:
        if backlog != self._backlog and self._accepting is not None:
            self._backlog = backlog
            self._accepting.keep(backlog)

    async def start(self) -> None:
        """Listen; raises OSError where that cannot be."""
        await super().start()
        make = self._runner.server
        if make is None:
            raise RuntimeError("the runner is set up before its sites")
        for one in self._bound.sockets:
            one.listen(BACKLOG)
        self._accepting = _Accepting(self._bound.sockets, make, room=self._room, secure=self._secure)
        self._server = self._accepting  # type: ignore[assignment]  # aiohttp asks no more of it

    async def stop(self) -> None:
        """Listen no longer.

        What has been taken is a connection when this ends, so that its request is answered; so is what the kernel still
        held, which it would reset, unless another process goes on listening there.
        """
        if self._accepting is not None and not self._bound.is_shared:
            self._accepting.take_rest()
        await super().stop()
        if self._accepting is not None:
            await self._accepting.connected()


class _Accepting:
    """What aiohttp asks of a server: its sockets and its end."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        make: Callable[[], asyncio.Protocol],
        *,
        room: _Room,
        secure: Secure | None,
    ) -> None:
        self.sockets = tuple(sockets)
        self._make = make
        self._room = room
        self._handshakes = None if secure is None else Handshakes(secure.certificate, make, observe=secure.observe)
        self._connecting: set[asyncio.Future[list[None]]] = set()
        self._tasks = [asyncio.create_task(self._accept(one)) for one in sockets]

    def close(self) -> None:
        """Stop listening at once."""
        for task in self._tasks:
            task.cancel()
        if self._handshakes is not None:
            self._handshakes.close()

    def take_rest(self) -> None:
        """Take whatever the kernel holds, room or not."""
        for listening in self.sockets:
            with suppress(OSError):  # nothing there, or out of files
                self._begin(_take(listening, at_most=math.inf))

    async def connected(self) -> None:
        """Wait until what has been taken is a connection, or has gone."""
        await asyncio.gather(*self._connecting)

    def keep(self, backlog: int) -> None:
        """Have the kernel hold so many from now on; those it holds already stay."""
        for one in self.sockets:
            one.listen(backlog)

    async def _accept(self, listening: socket.socket) -> None:
        with listening:
            while True:
                await self._accept_some(listening)

    async def _accept_some(self, listening: socket.socket) -> None:
        await self._room.some()
        try:
            await _readable(listening)
            taken = _take(listening, at_most=min(_AT_ONCE, self._room.left))
            self._room.make(self._room.left - len(taken))
        except OSError:  # out of files: those that are open must close first
            await asyncio.sleep(_OUT_OF_FILES_SECONDS)
        else:
            await asyncio.shield(self._begin(taken))  # one that was cancelled here might have a request under way

    def _begin(self, taken: Sequence[socket.socket]) -> "asyncio.Future[list[None]]":
        connecting = asyncio.gather(*(self._connect(one) for one in taken))
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)
        return connecting

    async def _connect(self, taken: socket.socket) -> None:
        with suppress(OSError):  # it has gone already
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._handshakes is not None:
                self._handshakes.begin(taken)  # which takes its time, and nobody's here
                return
            await asyncio.get_running_loop().connect_accepted_socket(self._make, taken)


def _take(listening: socket.socket, *, at_most: float) -> list[socket.socket]:
    """Every connection the kernel has ready, up to so many; those whose callers have left already are let go."""
    taken: list[socket.socket] = []
    with suppress(BlockingIOError, InterruptedError, ConnectionAbortedError):
        while len(taken) < at_most:
            try:
                connection, _ = listening.accept()
            except OSError:
                if taken:
                    break
                raise
            if not _is_open(connection):
                connection.close()
                continue
            connection.setblocking(False)
            taken.append(connection)
    return taken


def _is_open(connection: socket.socket) -> bool:
    """Whether its caller is still there, as far as the kernel says: it tells the state first in `struct tcp_info`."""
    if not hasattr(socket, "TCP_INFO"):
        return True
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED


async def _readable(listening: socket.socket) -> None:
    """Wait until there is a connection to take."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(listening, _tell, ready)
    try:
        await ready
    finally:
        loop.remove_reader(listening)


def _tell(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)

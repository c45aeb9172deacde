"""A server of connections that answer problems at their own edge: it counts them, looks after them and makes room."""

import asyncio
import math

from aiohttp import web

from middleware.inbound.answering import Answering
from middleware.inbound.binding import Bound, bind
from middleware.inbound.connection_watch import ConnectionWatch
from middleware.inbound.entrance import Entrance
from middleware.inbound.letting_go import idle_longest, untaken_longest
from middleware.inbound.listener import Listener, Secure
from middleware.inbound.protocol import ConnectionPolicy, Edge, ProblemProtocol
from middleware.inbound.stack import STACK

_NEXT_REQUEST_SECONDS = 0.25
"""A caller who asks four times a second or more over a connection hears of its end by an answer."""

_LET_GO_SHARE = 0.05
"""Of all connections, when there are as many as may be: twice a second this makes room for 1,000 a second."""


class ProblemServer(web.Server):
    """Makes a ProblemProtocol of each connection."""

    def __init__(self, answering: Answering, edge: Edge, *, policy: ConnectionPolicy) -> None:
        super().__init__(answering)  # type: ignore[arg-type]  # aiohttp's own loop over requests calls it otherwise
        self._answering = answering
        self._edge = edge
        self._policy = policy
        self._watch: ConnectionWatch[ProblemProtocol] = ConnectionWatch(
            lambda: self._problem_connections,
            look_at_all=self._make_room,
            now=edge.now,
            call_later=edge.call_later,
        )
        self._entrance = Entrance(policy.connections)
        self._is_ending = False
        if edge.shed is not None:
            edge.shed.entrance = self._entrance

    async def listen(self, runner: web.AppRunner, bound: Bound) -> None:
        """Listen at an address too; raises OSError where that cannot be."""
        certificate = self._edge.certificate
        secure = None if certificate is None else Secure(certificate=certificate, observe=self._edge.observe)
        listener = Listener(runner, bound, secure=secure)
        await listener.start()
        self._entrance.add(listener)

    def end_connections(self) -> None:
        """Have every connection, those to come too, end with its next answer."""
        self._is_ending = True
        for one in self._problem_connections:
            one.end_with_next_answer()

    @property
    def seconds_until_idle(self) -> float:
        """How long until nobody can be expected to ask again over a connection whose last answer was just now."""
        quiet = (one.idle_seconds for one in self._problem_connections)
        return max((_NEXT_REQUEST_SECONDS - seconds for seconds in quiet if seconds < _NEXT_REQUEST_SECONDS), default=0)

    @property
    def _problem_connections(self) -> list[ProblemProtocol]:
        return self.connections  # type: ignore[return-value]  # as __call__ makes them

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Look after it."""
        super().connection_made(handler, transport)
        if self._is_ending and isinstance(handler, ProblemProtocol):
            handler.end_with_next_answer()
        self._watch.wake()
        self._entrance.opened()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """There is room for another."""
        super().connection_lost(handler, exc)
        self._entrance.closed()

    def _make_room(self, connections: list[ProblemProtocol]) -> None:
        """Let go of who holds what others wait for."""
        for one in untaken_longest(connections, allowed_bytes=self._policy.untaken_bytes):
            one.cut_off()
        if self._entrance.is_full:
            for one in idle_longest(connections, at_most=math.ceil(_LET_GO_SHARE * self._policy.connections)):
                one.let_go()

    def __call__(self) -> web.RequestHandler:
        """Make one.

        Packed bodies stay packed (`auto_decompress`): unpacking 194 KB of them stalls the loop for a second, even for
        an answer that never reads them. Nothing waits for the rest of a body nobody wants (`lingering_time`).
        """
        return ProblemProtocol(
            self,
            self._edge,
            answers=self._answering,
            policy=self._policy,
            loop=self._loop,
            access_log=None,
            auto_decompress=False,
            lingering_time=0,
            keepalive_timeout=self._policy.keepalive_seconds,
            max_line_size=self._policy.max_line_bytes,
            max_field_size=self._policy.max_header_bytes,
            max_headers=self._policy.max_headers,
        )


class ProblemRunner(web.AppRunner):
    """Runs an application whose connections answer problems at their own edge; its sites are aiohttp's."""

    __slots__ = ("_edge", "_policy")

    def __init__(self, app: web.Application, edge: Edge, *, policy: ConnectionPolicy, shutdown_seconds: float) -> None:
        super().__init__(app, shutdown_timeout=shutdown_seconds)
        self._edge = edge
        self._policy = policy

    async def listen(self, host: str, *, port: int) -> int:
        """Serve at an address, 0 being any free port; the port it got. Raises OSError where that cannot be."""
        bound = await bind(host, port)
        await self.listen_on(bound)
        return bound.port

    async def listen_on(self, bound: Bound) -> None:
        """Serve at an address that has been taken; raises OSError where that cannot be."""
        await self._problem_server.listen(self, bound)

    @property
    def fullness(self) -> float:
        """How much is at work, as a share of what may be; 0 where nothing is ever shed."""
        shed = self._edge.shed
        return 0.0 if shed is None else shed.fullness

    async def drain(self, *, delay_seconds: float) -> None:
        """End with as few callers noticing as can be; what is under way then is for `cleanup` to wait for.

        Each connection ends with its next answer, which says so (`Connection: close`). For `delay_seconds` new ones
        are still taken, as balancers need their time to send them elsewhere; then no more, and who has just asked
        something has a moment to ask again: a connection that closes while its caller writes loses a request.
        """
        server = self._problem_server
        server.end_connections()
        await asyncio.sleep(delay_seconds)
        for site in list(self.sites):
            await site.stop()
        await asyncio.sleep(server.seconds_until_idle)

    @property
    def _problem_server(self) -> ProblemServer:
        server = self.server
        if not isinstance(server, ProblemServer):
            raise TypeError("the runner is set up first")
        return server

    async def _make_server(self) -> web.Server:
        await super()._make_server()  # starts the application, and makes a server that nobody needs
        return ProblemServer(Answering(self.app, self.app[STACK]), self._edge, policy=self._policy)

"""A server of connections that answer problems at their own edge: it counts them, looks after them and makes room."""

import asyncio
import math

from aiohttp import web

from middleware.inbound.connection_watch import ConnectionWatch
from middleware.inbound.entrance import Entrance
from middleware.inbound.letting_go import idle_longest, untaken_longest
from middleware.inbound.listener import Listener, Secure
from middleware.inbound.protocol import ConnectionPolicy, Edge, ProblemProtocol

_LET_GO_SHARE = 0.05
"""Of all connections, when there are as many as may be: twice a second this makes room for 1,000 a second."""


class ProblemServer(web.Server):
    """Makes a ProblemProtocol of each connection."""

    def __init__(self, plain: web.Server, edge: Edge, *, policy: ConnectionPolicy) -> None:
        super().__init__(plain.request_handler, request_factory=plain.request_factory)
        self._edge = edge
        self._policy = policy
        self._watch: ConnectionWatch[ProblemProtocol] = ConnectionWatch(
            lambda: self.connections,  # type: ignore[arg-type, return-value]  # as __call__ makes them
            look_at_all=self._make_room,
            now=edge.now,
            call_later=edge.call_later,
        )
        self._entrance = Entrance(policy.connections)
        if edge.shed is not None:
            edge.shed.entrance = self._entrance

    async def listen(self, runner: web.AppRunner, host: str, *, port: int) -> None:
        """Listen at an address too; raises OSError where that cannot be."""
        certificate = self._edge.certificate
        secure = None if certificate is None else Secure(certificate=certificate, observe=self._edge.observe)
        listener = Listener(runner, host, port=port, secure=secure)
        await listener.start()
        self._entrance.add(listener)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Look after it."""
        super().connection_made(handler, transport)
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
        server = self.server
        if not isinstance(server, ProblemServer):
            raise TypeError("the runner is set up first")
        await server.listen(self, host, port=port)
        found: int = self.addresses[0][1]
        return found

    async def _make_server(self) -> web.Server:
        return ProblemServer(await super()._make_server(), self._edge, policy=self._policy)

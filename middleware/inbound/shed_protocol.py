"""A connection's part in shedding: it asks before a request's first byte is parsed, and says when it has ended."""

import socket
import sys
from typing import Any

from aiohttp import web
from mypy_extensions import mypyc_attr

from middleware.inbound.outbox import Outbox
from middleware.inbound.shed import Shed
from middleware.inbound.turns import Answers, TurnProtocol

_ORDINARY_END = b"\r\n\r\n"
_RECEIVED_AT = 52
_RECEIVED_END = 56
"""Where `struct tcp_info` (linux/tcp.h) says how many milliseconds ago the last data came."""
_MILLISECONDS = 1000


@mypyc_attr(native_class=False)
class ShedProtocol(TurnProtocol):
    """aiohttp's connection, except that a request waits unparsed until the server's Shed lets it in.

    A request that is let in is answered at once, unless it has to wait for something: then it counts as at work until
    its end, less the time its caller takes to send it. What a connection sends while a request of it is under way
    belongs to that request, or waits behind it, as always. Without a Shed everything is let in.
    """

    __slots__ = ("_held", "_shed", "_slot", "arrived_seconds")

    def __init__(
        self, server: web.Server, answers: Answers, *, shed: Shed | None, outbox: Outbox, **settings: Any
    ) -> None:
        super().__init__(server, answers, outbox=outbox, **settings)
        self._shed = shed
        self._held = b""
        self._slot: int | None = None
        self.arrived_seconds = 0.0

    @property
    def size_bytes(self) -> int:
        """How much of a request is held."""
        return len(self._held)

    @property
    def is_arriving(self) -> bool:
        """Whether a request has been let in whose rest is still to come."""
        raise NotImplementedError

    def answer_refused(self, opening: bytes) -> None:
        """Answer a request that is not let in."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Ask first, where a request begins."""
        shed = self._shed
        if shed is None or not data or self._close or self._force_close:
            super().data_received(data)
        elif self._slot is not None or self._request_in_progress or self.is_arriving:
            super().data_received(data)
            self._count(shed)
        elif self._held:
            self._keep(shed, data)
        else:
            now = self.arrived_seconds = shed.now()
            if shed.enter(now):
                self.waited_seconds = 0.0
                super().data_received(data)
                self._count(shed)
            else:
                self._hold(shed, data)

    def let_in(self, now: float) -> None:
        """Read what was held."""
        assert self._shed is not None  # noqa: S101 - only a Shed lets in
        data, self._held = self._held, b""
        self.waited_seconds = now - self.arrived_seconds
        self._resume_transport_reading()
        super().data_received(data)
        self._count(self._shed)

    def refuse(self) -> None:
        """Answer what was held without reading it."""
        data, self._held = self._held, b""
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self._resume_transport_reading()
        self.answer_refused(data)

    def close(self) -> None:
        """Answer what is held too, before the connection closes."""
        if self._held and self._shed is not None:
            self._shed.gone(self)
            self.refuse()
        super().close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget what was held, and end what was let in and had not begun."""
        if not self._request_in_progress and self._task_handler is not None:
            self._task_handler.cancel()  # aiohttp would begin it, without what it has let go of here
        super().connection_lost(exc)
        if self._shed is None:
            return
        if self._held:
            self._shed.gone(self)
            self._held = b""
        elif not self._request_in_progress:
            self._leave(self._shed)

    def ended(self) -> None:
        """It is at work no longer; the next one of its connection takes its place, where there is one already."""
        self.waited_seconds = 0.0
        if not self._messages:
            self._leave(self._shed)

    def _count(self, shed: Shed) -> None:
        """Have a request count once all of it is there and it waits for something else."""
        if self.is_arriving:
            self._leave(shed)
        elif self._slot is None and (self._request_in_progress or self._messages):
            self._slot = shed.count(shed.now())

    def _leave(self, shed: Shed | None) -> None:
        slot, self._slot = self._slot, None
        if slot is not None and shed is not None:
            shed.leave(slot)

    def _hold(self, shed: Shed, data: bytes) -> None:
        self._held = data
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._request_count == 0:
            self.arrived_seconds -= _kernel_held_seconds(self.transport)
        if not data.endswith(_ORDINARY_END):
            self._pause_transport_reading()  # more of it would come, and it is not wanted yet
        shed.hold(self, data)

    def _keep(self, shed: Shed, data: bytes) -> None:
        """More than one request, or a slow one."""
        self._pause_transport_reading()
        shed.grew(len(data))
        self._held += data


def _kernel_held_seconds(transport: Any) -> float:
    """How long the kernel has held a new connection's first bytes; 0 where it does not say."""
    found = None if transport is None else transport.get_extra_info("socket")
    if found is None or not hasattr(socket, "TCP_INFO"):
        return 0.0
    try:
        told = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED_END)
    except OSError:  # a unix socket, or one that has just closed
        return 0.0
    return int.from_bytes(told[_RECEIVED_AT:_RECEIVED_END], sys.byteorder) / _MILLISECONDS

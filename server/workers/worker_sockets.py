"""The sockets of all workers, bound by their supervisor: they outlive each worker, so that no caller is reset.

Every worker's socket is on the same port (SO_REUSEPORT), and the kernel gives each a share of the connections; what
waits at one while its worker is replaced is taken by the next one.
"""

import socket
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from middleware.inbound.binding import Bound, bind


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSockets:
    """What one worker listens to: that of place `number`."""

    number: int
    api: Bound
    admin: Bound

    @property
    def descriptors(self) -> list[int]:
        """All of them, for a child to inherit."""
        return [one.fileno() for one in (*self.api.sockets, *self.admin.sockets)]

    def deafen(self) -> None:
        """Have the kernel send nobody here until a worker listens again; who waits is reset."""
        for one in (*self.api.sockets, *self.admin.sockets):
            with suppress(OSError):  # nobody has listened there yet
                one.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Let go of them."""
        self.api.close()
        self.admin.close()


async def api_sockets(host: str, port: int, *, workers: int) -> list[Bound]:
    """So many sockets on one port, 0 being any free one; raises OSError where it is taken."""
    alone = await bind(host, port)  # which fails where somebody listens, who may share ports as we do
    found = alone.port
    alone.close()
    return await _all(bind(host, found, shares_port=True) for _ in range(workers))


async def admin_sockets(host: str, port: int, *, workers: int) -> list[Bound]:
    """A port for each worker, one after the other, from 0 any free ones; raises OSError where one is taken."""
    return await _all(bind(host, port and port + number) for number in range(workers))


async def _all(binding: Iterable[Awaitable[Bound]]) -> list[Bound]:
    bound: list[Bound] = []
    try:
        for one in binding:
            bound.append(await one)  # noqa: PERF401 - those that were bound are let go of when another is not
    except OSError:
        for taken in bound:
            taken.close()
        raise
    return bound

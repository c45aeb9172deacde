"""Sockets bound to an address: taken before anything else starts, listened to when all is ready."""

import asyncio
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One socket for each address of a host. Shared ones are listened to by other processes too, or after this one."""

    sockets: Sequence[socket.socket]
    is_shared: bool = False

    @property
    def port(self) -> int:
        """Which port they got."""
        found: int = self.sockets[0].getsockname()[1]
        return found

    def close(self) -> None:
        """Let go of them."""
        for one in self.sockets:
            one.close()


async def bind(host: str, port: int, *, shares_port: bool = False) -> Bound:
    """Take a port, 0 being any free one, without listening yet; raises OSError where that cannot be.

    Where all who take it share it, the kernel gives each of those that listen its part of the connections.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, protocol)
            bound.append(one)
            one.setblocking(False)
            if os.name == "posix":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shares_port:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
    except OSError:
        for one in bound:
            one.close()
        raise
    return Bound(sockets=bound)

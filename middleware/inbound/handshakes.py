"""The TLS handshakes under way: each has so much time, and where there are too many the oldest gives way."""

import asyncio
import socket
from collections.abc import Callable

from middleware.inbound.certificate import Certificate
from telemetry.events import Observe, RequestRejected

HANDSHAKE_SECONDS = 5.0
"""As long as headers have: a handshake is two exchanges, also bridged over a lost packet."""
HANDSHAKES_AT_ONCE = 1_000
"""They cost some 30 KB each. An honest one lasts a few round trips; who holds all the places has to open as many
connections anew in that time to get in the way of one."""
_GOODBYE_SECONDS = 2.0
"""How long the caller may take to confirm the end of a connection."""


class Handshakes:
    """Makes connections of what the kernel hands over, without making anybody else wait."""

    def __init__(
        self,
        certificate: Certificate,
        make: Callable[[], asyncio.Protocol],
        *,
        observe: Observe,
        at_once: int = HANDSHAKES_AT_ONCE,
        seconds: float = HANDSHAKE_SECONDS,
    ) -> None:
        self._certificate = certificate
        self._make = make
        self._observe = observe
        self._at_once = at_once
        self._seconds = seconds
        self._under_way: dict[asyncio.Task[None], None] = {}

    def begin(self, taken: socket.socket) -> None:
        """Shake hands with a caller; what comes of it is a connection of the protocol, or nothing."""
        if len(self._under_way) >= self._at_once:
            oldest = next(iter(self._under_way))
            del self._under_way[oldest]
            oldest.cancel()
        task = asyncio.create_task(self._shake(taken))
        self._under_way[task] = None
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    def close(self) -> None:
        """Give up those under way."""
        for task in list(self._under_way):
            task.cancel()

    async def _shake(self, taken: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make,
                taken,
                ssl=self._certificate.context(),
                ssl_handshake_timeout=self._seconds,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
        except OSError:  # no TLS, none we speak, too slow, or gone: ssl's errors and timeouts are all OSErrors
            self._observe(RequestRejected(reason="tls_handshake"))
            taken.close()
        except asyncio.CancelledError:
            self._observe(RequestRejected(reason="tls_handshake"))
            taken.close()
            raise

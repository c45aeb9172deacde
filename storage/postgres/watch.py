"""aiopg's connection, with its watch over the socket mended.

aiopg 1.4 has these faults, each of which a test in tests/integration/test_watch.py holds up:

- It looks at the socket with select(2) after every error, which takes no file numbers from 1024 on. In a
  process with a thousand clients an error as plain as a broken constraint then reaches nobody: the caller hangs.
- When libpq closes the socket, it goes on watching it for writing. Under uvloop that number stays spoilt: after
  one refused connect over TCP, the next connection that happens to get the number cannot be watched.
- It says "cancelled" for a statement the server ended for its time (57014), and logs a traceback for it.

So the watch is ours; connecting, cursors and sending stay aiopg's.
"""

import asyncio
from contextlib import suppress
from typing import Any
from weakref import ReferenceType

import aiopg
import psycopg2
from psycopg2.extensions import POLL_ERROR, POLL_OK, POLL_WRITE


class WatchedConnection(aiopg.Connection):
    """An aiopg connection whose errors all arrive as psycopg2's, and which keeps no time: its callers do.

    It lets go of the socket's number in the moment libpq closes it, as the number may be another's at once.
    """

    @staticmethod
    def _ready(weak_self: "ReferenceType[Any]") -> None:
        """Take what the socket has; called by the event loop and once after each sending."""
        self: WatchedConnection | None = weak_self()
        if self is None:
            return
        try:
            state = self._conn.poll()
        except psycopg2.Error as error:
            self._failed(error)
            return
        if state == POLL_ERROR:
            self._conn.close()
            self._failed(psycopg2.OperationalError("libpq is in a state it cannot go on from"))
            return
        while self._conn.notifies:
            self._notifies.put_nowait(self._conn.notifies.pop(0))
        self._watch_writing(state == POLL_WRITE)
        if state == POLL_OK and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _poll(self, waiter: "asyncio.Future[None]", timeout: float) -> None:  # noqa: ARG002, ASYNC109 - aiopg's
        """Wait for the answer; whoever is cancelled meanwhile closes the connection."""
        self._ready(self._weakref)
        try:
            await waiter
        except asyncio.CancelledError:
            self._close()
            if not waiter.cancelled():
                waiter.exception()  # it came too late to be told, and shall not be reported as forgotten
            raise
        finally:
            self._waiter = None

    def _close(self) -> None:
        self._let_go()
        super()._close()

    def _failed(self, error: psycopg2.Error) -> None:
        if self._conn.closed:
            self._let_go()
            self._notifies_proxy.close(error)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def _watch_writing(self, wanted: bool) -> None:
        if wanted == self._writing or self._fileno is None:
            return
        self._writing = wanted
        if wanted:
            self._loop.add_writer(self._fileno, self._ready, self._weakref)
        else:
            self._loop.remove_writer(self._fileno)

    def _let_go(self) -> None:
        """Stop watching the socket, which may be closed already."""
        if self._fileno is None:
            return
        for stop in (self._loop.remove_writer, self._loop.remove_reader):
            with suppress(OSError):
                stop(self._fileno)
        self._fileno = None
        self._writing = False

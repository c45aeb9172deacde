"""aiopg's connection, with its watch over the socket mended.

aiopg 1.4 has these faults, each of which a test in tests/integration/test_watch.py holds up:

- It looks at the socket with select(2) after every error, which takes no file numbers from 1024 on. In a
  process with a thousand clients an error as plain as a broken constraint then reaches nobody: the caller hangs.
- When libpq closes the socket, it goes on watching its number until the one who connects has heard of it, a turn of the
  event loop later. Another connection may have that number by then: under uvloop it cannot be watched, or nothing is
  heard of it, and whoever connects waits for as long as a connect may take. So it is after a reset, with which uvloop
  ends its watch by itself.
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

    It lets go of the socket's number in the moment libpq closes it, as the number may be another's at once. In a
    connect libpq may do so at any step, and go on over another socket, which as a rule has the same number: so each
    step begins without a watch and ends with a new one.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self._is_connecting = True
        try:
            super().__init__(*arguments, **settings)
        except RuntimeError:  # uvloop's, of a number that was another's: its watch is over, yet still in the way
            self._let_go()
            self._watch()

    @staticmethod
    def _ready(weak_self: "ReferenceType[Any]") -> None:
        """Take what the socket has; called by the event loop."""
        self: WatchedConnection | None = weak_self()
        if self is None:
            return
        waiter = self._waiter
        try:
            if self._is_answered() and waiter is not None and not waiter.done():
                waiter.set_result(None)
        except psycopg2.Error as error:
            if waiter is not None and not waiter.done():
                waiter.set_exception(error)

    async def ask(self, cursor: Any, operation: bytes) -> None:
        """Execute an operation on a cursor of psycopg2's, and wait for its answer; raises psycopg2.Error.

        One at a time; whoever is cancelled meanwhile closes the connection. aiopg's own way makes a future and two
        more coroutines for each operation, though every other answer is there as soon as the question is sent: 1.5 µs.
        """
        try:
            cursor.execute(operation)
        except psycopg2.Error as error:
            self._failed(error)
            raise
        if self._is_answered():
            return
        waiter = self._waiter = self._loop.create_future()
        await self._awaited(waiter)

    async def _poll(self, waiter: "asyncio.Future[None]", timeout: float) -> None:  # noqa: ARG002, ASYNC109 - aiopg's
        """Wait for the answer as aiopg does where it asks by itself: in a connect."""
        self._ready(self._weakref)
        await self._awaited(waiter)

    async def _awaited(self, waiter: "asyncio.Future[None]") -> None:
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

    def _is_answered(self) -> bool:
        """Take what the socket has; whether nothing more is to come."""
        connection = self._conn
        if self._is_connecting:
            self._let_go()
        try:
            state = connection.poll()
            if state == POLL_ERROR:
                connection.close()
                raise psycopg2.OperationalError("libpq is in a state it cannot go on from")
        except psycopg2.Error as error:
            self._failed(error)
            raise
        while connection.notifies:
            self._notifies.put_nowait(connection.notifies.pop(0))
        if self._is_connecting:
            self._watch()
            self._is_connecting = state != POLL_OK
        if self._writing != (state == POLL_WRITE):
            self._watch_writing(state == POLL_WRITE)
        return bool(state == POLL_OK)

    def _failed(self, error: psycopg2.Error) -> None:
        """Let go of the socket, if that is how libpq took it."""
        if self._conn.closed or self._conn.fileno() < 0:
            self._let_go()
            self._notifies_proxy.close(error)

    def _watch(self) -> None:
        """Watch the socket that libpq has now."""
        self._fileno = self._conn.fileno()
        self._loop.add_reader(self._fileno, self._ready, self._weakref)

    def _watch_writing(self, wanted: bool) -> None:
        if self._fileno is None:
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

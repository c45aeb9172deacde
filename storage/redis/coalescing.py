"""Commands issued in the same turn of the event loop leave as one pipeline."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Protocol

from redis import exceptions

from middleware.errors import Overloaded, Unavailable
from storage.redis.key_slots import Key
from storage.redis.redis_wire import Ended, Pipeline, settle


class Carrier(Protocol):
    """Takes one pipeline at a time to the server and its replies back; `Lane` is the real one."""

    def send(self, pipeline: Pipeline, ended: Ended, /) -> bool:
        """Send it over the open connection, settle its futures and call `ended`; False where none is open."""

    async def carry(self, pipeline: Pipeline, /) -> None:
        """Connect, and settle every future of the pipeline, or raise what ended the connection."""

    def give_up(self) -> None:
        """Drop the connection at once, where it is idle."""

    async def disconnect(self) -> None:
        """Drop the connection."""


class Coalescer:
    """Gathers packed commands and sends them over a few lanes, in pipelines.

    A command waits for the end of the turn in which it was issued, and beyond it only while every lane is busy; what
    gathers meanwhile leaves together, so that more load makes longer pipelines and not more connections. A caller that
    gives up takes its command out of the queue; one already sent is answered into the void, and nobody else notices.
    """

    def __init__(self, lanes: Sequence[Carrier], *, maximum_waiting: int, maximum_length: int) -> None:
        self._lanes = tuple(lanes)
        self._idle = list(lanes)
        self._maximum_waiting = maximum_waiting
        self._maximum_length = maximum_length
        self._waiting: dict[asyncio.Future[object], bytes] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._is_due = False
        self._is_closed = False

    async def send(self, packed: bytes, _key: Key | None = None, /) -> object:
        """Return the reply, an error of redis-py's as a value too; raise Overloaded where the queue is full."""
        if self._is_closed:
            raise Unavailable
        if len(self._waiting) >= self._maximum_waiting:
            raise Overloaded
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[object] = loop.create_future()
        self._waiting[waiter] = packed
        if self._idle and not self._is_due:
            self._is_due = True
            loop.call_soon(self._flush)
        try:
            return await waiter
        finally:
            self._waiting.pop(waiter, None)

    async def close(self) -> None:
        """Let go of every connection; who still waits is told that the connection is closed."""
        self._is_closed = True
        closed = exceptions.ConnectionError("closed")
        self._give_up(closed)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        for lane in self._lanes:
            await lane.disconnect()

    def _flush(self) -> None:
        self._is_due = False
        while self._idle and self._waiting:
            lane, pipeline = self._idle.pop(), self._taken()
            if not lane.send(pipeline, partial(self._ended, lane, pipeline=pipeline)):
                task = asyncio.get_running_loop().create_task(self._carry(lane, pipeline))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    def _give_up(self, failure: Exception) -> None:
        """Who waits behind a server that let one pipeline time out would wait as long again for the same.

        So would whoever comes later, over another connection to it, even where another server has taken its place.
        """
        for waiter in self._waiting:
            settle(waiter, failure)
        self._waiting.clear()
        for lane in self._idle:
            lane.give_up()

    def _taken(self) -> Pipeline:
        """The next pipeline, out of the queue."""
        if len(self._waiting) <= self._maximum_length:
            everything, self._waiting = self._waiting, {}
            return everything
        taken = dict(islice(self._waiting.items(), self._maximum_length))
        for waiter in taken:
            del self._waiting[waiter]
        return taken

    async def _carry(self, lane: Carrier, pipeline: Pipeline) -> None:
        failure: Exception | None = exceptions.ConnectionError("closed")
        try:
            await lane.carry(pipeline)
            failure = None
        except Exception as error:  # noqa: BLE001 - every waiter gets it, and the lane connects anew
            failure = error
        finally:
            self._ended(lane, failure, pipeline=pipeline)

    def _ended(self, lane: Carrier, failure: Exception | None, *, pipeline: Pipeline) -> None:
        if failure is not None:
            for waiter in pipeline:
                settle(waiter, failure)
            if isinstance(failure, TimeoutError | exceptions.TimeoutError):
                self._give_up(failure)
        self._idle.append(lane)
        self._flush()

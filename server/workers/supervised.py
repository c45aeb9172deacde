"""A worker's side of the channel: what it asks of its supervisor, what it is told, that its loop turns."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from server.parts import StartFailed
from server.stop import Stop
from server.workers.channel import Channel
from server.workers.messages import Alive, Leave, Message, StorageGiven, StorageWanted
from storage.embedded import Endpoints

_ALIVE_SECONDS = 1.0


class Supervised:
    """While entered, it hears the supervisor: an order to leave, and its end, are a stop."""

    def __init__(self, channel: Channel) -> None:
        self.stop = Stop()
        self._channel = channel
        self._given: asyncio.Future[StorageGiven] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []

    def tell(self, message: Message) -> None:
        """Tell the supervisor."""
        self._channel.send(message)

    async def storage(self, service: str) -> Endpoints:
        """Where the embedded servers are; raises StartFailed where there are none for this service."""
        self._channel.send(StorageWanted(service=service))
        given = await self._given
        if given.refusal:
            raise StartFailed(given.refusal)
        return Endpoints(postgres_dsn=given.postgres_dsn, redis_url=given.redis_url, serving_dsn=given.serving_dsn)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._tell_alive())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _hear(self) -> None:
        async for message in self._channel:
            match message:
                case StorageGiven():
                    self._given.set_result(message)
                case Leave():
                    self.stop.tell(is_replaced=message.is_replaced)
                case _:
                    continue
        self.stop.tell()

    async def _tell_alive(self) -> None:
        while True:
            self._channel.send(Alive())
            await asyncio.sleep(_ALIVE_SECONDS)

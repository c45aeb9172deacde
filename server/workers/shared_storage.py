"""The embedded servers of a supervisor: started for the first worker that asks, and given to all of its service."""

import asyncio

from server.settings import Settings
from server.workers.messages import StorageGiven
from storage.embedded import EmbeddedFailed, EmbeddedStorage
from telemetry.events import Observe


class SharedStorage:
    """Those of one service, and of no other."""

    def __init__(self, service: str, settings: Settings, *, observe: Observe) -> None:
        """Begin to start what the settings do not name."""
        self._service = service
        self._servers = EmbeddedStorage(
            settings.data_dir,
            observe=observe,
            service=service,
            postgres=settings.is_embedded,
            valkey=not settings.redis_url.get_secret_value(),
        )
        self._starting = asyncio.create_task(self._started())

    async def given_to(self, service: str) -> StorageGiven:
        """Where they are, once they are there; or why this service has none."""
        if service != self._service:
            return StorageGiven(
                refusal=f"The embedded servers are those of {self._service}, and the file declares {service} now: "
                "stop it, and start it again."
            )
        return await asyncio.shield(self._starting)

    async def give_up_starting(self) -> None:
        """Let go of what is not there yet: nobody waits for it any more."""
        if not self._starting.done():
            await self._servers.stop()
            await self._starting

    async def stop(self) -> None:
        """Stop them."""
        await self._servers.stop()

    async def _started(self) -> StorageGiven:
        try:
            found = await self._servers.start()
        except EmbeddedFailed as error:
            return StorageGiven(refusal=str(error) or (type(error).__doc__ or "").split("\n", 1)[0])
        return StorageGiven(postgres_dsn=found.postgres_dsn, redis_url=found.redis_url, serving_dsn=found.serving_dsn)

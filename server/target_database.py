"""The database a command works on: the one given, or the embedded one, started if it does not run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from server.settings import Settings
from storage.embedded import EmbeddedStorage, FolderBusy, running_postgres
from telemetry.events import Observe


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDatabase:
    """Where it is, as a libpq DSN; `serves` tells that a running service has started it and uses it."""

    dsn: str
    serves: bool = False


@asynccontextmanager
async def target_database(settings: Settings, *, observe: Observe, service: str = "") -> AsyncIterator[TargetDatabase]:
    """The database, for as long as the block runs; raises EmbeddedFailed where none can be had.

    `service` is whom it serves; empty for what concerns all services of a database.
    """
    if settings.migrating_dsn:
        yield TargetDatabase(dsn=settings.migrating_dsn)
        return
    embedded = EmbeddedStorage(settings.data_dir, observe=observe, service=service, valkey=False)
    try:
        endpoints = await embedded.start()
    except FolderBusy:
        dsn = running_postgres(settings.data_dir)
        if not dsn:
            raise
        yield TargetDatabase(dsn=dsn, serves=True)
        return
    try:
        yield TargetDatabase(dsn=endpoints.postgres_dsn)
    finally:
        await embedded.stop()

"""For a team's own tests: a declared service, served for real in the test's process, and all it said it did."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from server.declaration import checked
from server.identity.key_grants import KeyWish, granted
from server.identity.key_ring import KeyRing
from server.lifecycle import started
from server.parts import Told
from server.readers import telemetry_for
from server.service import Service
from server.settings import Settings, SettingsWrong
from server.upstreams.destination import read_destinations
from storage.credentials.key_table import KeyTable
from storage.embedded import running_postgres
from storage.postgres.pool import Pool
from telemetry.events import Event

Kind = TypeVar("Kind")
_KEY_SECONDS = 3_600.0
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.005


class Recorder:
    """Remembers every event: hand it to what is tested, then look at `events`, or wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self.events.append(event)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one class, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    async def wait_for(self, kind: type[Kind], where: Callable[[Kind], bool] = lambda _: True) -> Kind:
        """The first event of a class that fits, seen already or to come within 10 s; else raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                for event in self.of(kind):
                    if where(event):
                        return event
                await asyncio.sleep(_POLL_SECONDS)

    def forget(self) -> None:
        """Start over."""
        self.events.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedService:
    """A service that answers at `url`, its probes and metrics at `admin_url`; `events` is all it did so far."""

    url: str
    admin_url: str
    events: Recorder
    postgres_dsn: str

    async def key(self, *roles: str) -> str:
        """An API key with these roles, for `Authorization: Bearer`; it lives for an hour."""
        pool = Pool(
            self.postgres_dsn, policy=PoolPolicy(minimum=1, maximum=1), senses=Senses(observe=Recorder()), name="keys"
        )
        await pool.open()
        try:
            grant = granted(KeyWish(roles=roles), expires_in_seconds=_KEY_SECONDS)
            return (await KeyRing(KeyTable(pool), None).make(grant, created_by="a test")).text
        finally:
            await pool.close()


@asynccontextmanager
async def served(
    service: Service, *, environment: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[ServedService]:
    """Serve a declaration on free ports, over a Postgres and a Valkey of its own that are gone afterwards.

    `settings` are those of `mainstay serve` in small letters, such as `request_seconds=1`; `postgres_dsn` and
    `redis_url` name servers of yours instead. `environment` is looked at for what its upstreams need before the real
    one is. Raises Misdeclared with every mistake in the declaration, SettingsWrong where an upstream is nowhere.
    """
    declaration = checked(service)
    destinations, wrong = read_destinations(service.upstreams, {**os.environ, **(environment or {})})
    if wrong:
        raise SettingsWrong(wrong)
    folder = Path(tempfile.gettempdir()) / f"mainstay-{secrets.token_hex(4)}"
    own: dict[str, Any] = {"port": 0, "admin_port": 0, "postgres_dsn": "", "redis_url": "", "migrate": "safe"}
    chosen = Settings(**{**own, "data_dir": folder, "log_level": "error", **settings})
    events = Recorder()
    telemetry = telemetry_for(declaration, chosen, also=[events])
    try:
        async with started(
            declaration, Told(settings=chosen, destinations=destinations), telemetry=telemetry
        ) as running:
            yield ServedService(
                url=running.url,
                admin_url=running.admin_url,
                events=events,
                postgres_dsn=chosen.migrating_dsn or running_postgres(chosen.data_dir),
            )
    finally:
        telemetry.close()
        shutil.rmtree(folder, ignore_errors=True)

"""One process's life: start what it needs in order, serve until told to stop, let go of everything in reverse."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from aiohttp import web

from middleware.errors import Problem
from middleware.inbound import inbound_of_admin
from middleware.inbound.certificate import Unusable
from middleware.loop_lag import LoopLag
from server.accounts.account_office import AccountDesk
from server.admin import Checks, admin_app
from server.app import (
    Backing,
    certificate_for,
    hosts_for,
    pool_for,
    public_app,
    redis_for,
    runner_for,
    upstreams_for,
)
from server.breaker_routes import breaker_routes
from server.declaration import Declaration
from server.door import Door
from server.encryption_keys import EncryptionKeysUnfit, cipher_for, other_keys
from server.identity.callers import Callers
from server.identity_start import IdentityStart, IdentityUnfit
from server.readers import Telemetry, telemetry_for
from server.schema_start import SchemaStart
from server.secret_files import exposed_files
from server.server_watch import ServerWatch, WatchedServers
from server.settings import PREFIX, Settings, exposed_secrets, unknown_settings
from server.upkeep import Upkeep
from server.upstreams.destination import Destinations, variables_of
from server.upstreams.upstream_client import UpstreamClient
from storage.cache.answer_store import SharedAnswers
from storage.embedded import EmbeddedStorage, Endpoints
from storage.encryption.cipher import Cipher
from storage.encryption.key_check import OtherKeys, require_keys
from storage.postgres.pool import Pool
from storage.redis.client import RedisClient
from storage.redis.shared_limits import SharedLimits
from storage.tables.schema import tables
from telemetry.events import ServiceStarted, ServiceStopped
from telemetry.library_logs import libraries_observed

Seed = Callable[[str], Awaitable[None]]
"""Given Postgres's DSN, fills tables that are still empty."""


class StartFailed(Exception):  # noqa: N818 - it says what happened
    """The service cannot start."""


@dataclass(slots=True, kw_only=True)
class Running:
    """A service that answers requests, at the ports it got."""

    api: Door
    admin: Door
    is_draining: bool = False

    @property
    def url(self) -> str:
        """Where the API is."""
        return self.api.url

    @property
    def admin_url(self) -> str:
        """Where the probes and metrics are."""
        return self.admin.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the environment says: our settings, and where the upstreams are."""

    settings: Settings
    destinations: Destinations


async def serve(
    declaration: Declaration,
    told: Told,
    *,
    announce: Callable[[Running], None],
    seed: Seed | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; a second signal stops at once, without waiting for requests.

    Raises StartFailed and what the parts raise when they cannot start; nothing is left running then.
    """
    started_seconds = time.monotonic()
    name = declaration.service.name
    telemetry = telemetry_for(declaration, told.settings)
    stop = _stop_on_signals()
    async with AsyncExitStack() as watching, AsyncExitStack() as held:
        watching.callback(telemetry.close)
        watching.enter_context(libraries_observed(telemetry.observe, asyncio.get_running_loop()))
        for unknown in unknown_settings(os.environ):
            telemetry.observe(unknown)
        upstream_secrets = exposed_files(os.environ, variables_of(declaration.service.upstreams))
        for exposed in (*exposed_secrets(told.settings, os.environ), *upstream_secrets):
            telemetry.observe(exposed)
        lag = LoopLag(telemetry.observe)
        watching.callback(lag.stop)
        lag.start()
        parts = _Parts(declaration=declaration, told=told, telemetry=telemetry, held=held, seed=seed)
        running = await _unless_stopped(asyncio.create_task(parts.start()), stop)
        if running is None:
            return
        watching.callback(telemetry.observe, ServiceStopped(service=name))
        duration_seconds = time.monotonic() - started_seconds
        telemetry.observe(
            ServiceStarted(
                service=name, url=running.url, admin_url=running.admin_url, duration_seconds=duration_seconds
            )
        )
        gc.collect()
        gc.freeze()
        announce(running)
        await stop.wait()
        running.is_draining = True


@asynccontextmanager
async def started(declaration: Declaration, told: Told, *, telemetry: Telemetry) -> AsyncIterator[Running]:
    """The service, answering until the block is left; raises what `serve` raises."""
    async with AsyncExitStack() as held:
        parts = _Parts(declaration=declaration, told=told, telemetry=telemetry, held=held, seed=None)
        running = await parts.start()
        yield running
        running.is_draining = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What a process is made of; `held` lets go of each part in reverse order."""

    declaration: Declaration
    told: Told
    telemetry: Telemetry
    held: AsyncExitStack
    seed: Seed | None

    @property
    def settings(self) -> Settings:
        """What the environment decides of ours."""
        return self.told.settings

    async def start(self) -> Running:
        """Storage, then the schema, then the pool, then the two ports, the public one last."""
        api = self._door()
        running = Running(api=api, admin=self._admin_door(api))
        endpoints = await self._storage()
        cipher = self._cipher()
        schema = SchemaStart(declaration=self.declaration, settings=self.settings, observe=self.telemetry.observe)
        secret = await schema.run(endpoints.postgres_dsn, serving_dsn=endpoints.serving_dsn)
        if self.seed is not None:
            await self.seed(endpoints.postgres_dsn)
        pool = await self._pool(endpoints.serving_dsn)
        await self._require_keys(pool, cipher)
        redis = await self._redis(endpoints.redis_url)
        await self._watch_servers(endpoints)
        telemetry, settings = self.telemetry, self.settings
        callers, accounts = await self._identity(pool, redis)
        backing = Backing(
            pool=pool,
            limit_store=SharedLimits(redis),
            callers=callers,
            secret=secret,
            accounts=accounts,
            upstreams=self._upstreams(),
            cache=SharedAnswers(redis),
            cipher=cipher,
        )
        people = self.declaration.service.accounts
        upkeep = Upkeep(
            pool, answers_hours=settings.idempotency_hours, sessions_days=None if people is None else people.idle_days
        )
        self.held.push_async_callback(upkeep.stop)
        upkeep.start()
        app = public_app(self.declaration, backing, settings=settings, telemetry=telemetry)
        admin = admin_app(
            telemetry.metrics,
            _checks(running),
            layers=inbound_of_admin(
                telemetry.observe,
                make_context=telemetry.make_context,
                hosts=hosts_for(settings),
                token=settings.admin_token.get_secret_value(),
            ),
            routes=[*breaker_routes(telemetry.senses.breakers), *telemetry.admin_routes],
        )
        running.admin = await self._listen(admin, running.admin)
        running.api = await self._listen(app, running.api)
        return running

    def _cipher(self) -> Cipher | None:
        try:
            return cipher_for(self.declaration.types.values(), self.settings)
        except EncryptionKeysUnfit as unfit:
            raise StartFailed(str(unfit)) from unfit

    async def _require_keys(self, pool: Pool, cipher: Cipher | None) -> None:
        """Nothing is served, and nothing encrypted, with keys that do not open what is there."""
        if cipher is None:
            return
        types = self.declaration.types
        try:
            await require_keys(types.values(), tables(types), cipher=cipher, runner=pool)
        except OtherKeys as other:
            raise StartFailed(other_keys(other, self.settings)) from other

    def _door(self) -> Door:
        settings = self.settings
        try:
            certificate = certificate_for(settings, telemetry=self.telemetry)
        except Unusable as error:
            raise StartFailed(f"{PREFIX}TLS_CERT and {PREFIX}TLS_KEY: {error}.") from error
        return Door(host=settings.host, port=settings.port, variable="PORT", certificate=certificate)

    def _admin_door(self, api: Door) -> Door:
        settings = self.settings
        return Door(
            host=settings.admin_host or settings.host,
            port=settings.admin_port,
            variable="ADMIN_PORT",
            certificate=api.certificate if settings.admin_tls else None,
        )

    async def _storage(self) -> Endpoints:
        """The given servers, and embedded ones for what is not given."""
        dsn = self.settings.postgres_dsn.get_secret_value()
        url = self.settings.redis_url.get_secret_value()
        # Whoever may not migrate reads the state as the role that serves: its DSN is all that is needed then.
        migrating_dsn = self.settings.migrating_dsn if self.settings.migrates else dsn
        if self.settings.migrating_dsn and not dsn:
            raise StartFailed(f"{PREFIX}MIGRATION_DSN is given without {PREFIX}POSTGRES_DSN, as which to serve.")
        if dsn and url:
            return Endpoints(postgres_dsn=migrating_dsn, redis_url=url, serving_dsn=dsn)
        folder, observe = self.settings.data_dir, self.telemetry.observe
        name = self.declaration.service.name
        embedded = EmbeddedStorage(folder, observe=observe, service=name, postgres=not dsn, valkey=not url)
        found = await self.held.enter_async_context(embedded)
        return Endpoints(
            postgres_dsn=migrating_dsn or found.postgres_dsn,
            redis_url=url or found.redis_url,
            serving_dsn=dsn or found.serving_dsn,
        )

    async def _pool(self, dsn: str) -> Pool:
        pool = pool_for(dsn, self.settings, telemetry=self.telemetry)
        self.held.push_async_callback(pool.close)
        await pool.open()
        return pool

    async def _redis(self, url: str) -> RedisClient:
        redis = redis_for(url, telemetry=self.telemetry)
        self.held.push_async_callback(redis.close)
        with suppress(Problem):  # observed; a service that serves while Redis is down also starts while it is down
            await redis.ping()
        return redis

    async def _watch_servers(self, endpoints: Endpoints) -> None:
        """Have what the servers tell of themselves among the metrics."""
        servers = WatchedServers(postgres_dsn=endpoints.serving_dsn, redis_url=endpoints.redis_url)
        self.held.push_async_callback(servers.close)
        await servers.open()
        watch = ServerWatch(servers.asks)
        self.held.push_async_callback(watch.stop)
        watch.start()
        self.telemetry.metrics.look_at(watch.look)

    async def _identity(self, pool: Pool, redis: RedisClient) -> tuple[Callers, AccountDesk | None]:
        start = IdentityStart(
            service=self.declaration.service, settings=self.settings, observe=self.telemetry.observe, held=self.held
        )
        try:
            return await start.run(pool, redis)
        except IdentityUnfit as error:
            raise StartFailed(str(error)) from error

    def _upstreams(self) -> Mapping[str, UpstreamClient]:
        """The ways to the upstreams; nothing is called yet, as a service also starts while they are down."""
        clients = upstreams_for(self.declaration.service, self.told.destinations, telemetry=self.telemetry)
        for client in clients.values():
            self.held.push_async_callback(client.close)
        return clients

    async def _listen(self, app: web.Application, door: Door) -> Door:
        """Serve the application; the door with the port it got."""
        runner = runner_for(app, self.settings, telemetry=self.telemetry, certificate=door.certificate)
        self.held.push_async_callback(runner.cleanup)
        await runner.setup()
        try:
            return replace(door, port=await runner.listen(door.host, port=door.port))
        except OSError as error:
            advice = f"set {PREFIX}{door.variable} to a free port."
            raise StartFailed(f"Cannot listen on {door.host}:{door.port} ({error.strerror}); {advice}") from error


def _checks(running: Running) -> Checks:
    """Readiness asks no dependency: one that all replicas share must not take them all out at once."""

    async def serving() -> str | None:
        return "it is stopping" if running.is_draining else None

    return Checks(started={"serving": serving}, ready={"serving": serving})


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        if stop.is_set():  # told twice: end as if nobody had handled it; the embedded servers die with the process
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    return stop


async def _unless_stopped(start: asyncio.Task[Running], stop: asyncio.Event) -> Running | None:
    """The started service; None where a signal came first, and then the start is undone."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([start, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not start.done():
        start.cancel()
        await asyncio.wait([start])
    return None if start.cancelled() else start.result()

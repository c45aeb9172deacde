"""What a process is made of, started in order, let go of in reverse."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from aiohttp import web

from middleware.errors import Problem
from middleware.inbound import inbound_of_admin
from middleware.inbound.binding import Bound, bind
from middleware.inbound.certificate import Unusable
from middleware.inbound.problem_server import ProblemRunner
from server.accounts.account_office import AccountDesk
from server.admin import admin_app
from server.agent_check import AgentCheck, Load
from server.app import (
    Backing,
    certificate_for,
    hosts_for,
    make_ready,
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
from server.place import Place
from server.readers import Telemetry
from server.redis_settings import redis_address
from server.replica_setup import Replicas, reads_from_replicas
from server.schema_start import SchemaStart
from server.server_watch import ServerWatch, WatchedServers
from server.settings import PREFIX, Settings
from server.standing import Standing, checks_of
from server.target_routes import target_routes
from server.upkeep import Upkeep
from server.upstreams.destination import Destinations
from server.upstreams.upstream_client import UpstreamClient
from storage.cache.answer_store import SharedAnswers
from storage.cache.near_answers import NearAnswers
from storage.embedded import EmbeddedStorage, Endpoints
from storage.encryption.cipher import Cipher
from storage.encryption.key_check import OtherKeys, require_keys
from storage.postgres.pool import Pool
from storage.redis.client import RedisClient
from storage.redis.refusal import refusal
from storage.redis.shared_limits import SharedLimits
from storage.tables.schema import tables
from telemetry.events import RedisRefused

Seed = Callable[[str], Awaitable[None]]
"""Given Postgres's DSN, fills tables that are still empty."""


class StartFailed(Exception):  # noqa: N818 - it says what happened
    """The service cannot start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that answers requests, at the ports it got."""

    api: Door
    admin: Door
    standing: Standing
    runner: ProblemRunner
    probes: ProblemRunner

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
    """What the environment says: our settings, and where the upstreams are; and where the process stands."""

    settings: Settings
    destinations: Destinations
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
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
        """The ports are taken first; probes are answered at once, the API when all else is there."""
        standing, place = Standing(), self.told.place
        door = self._door()
        api = await self._bound(door, place.api)
        admin = await self._bound(self._admin_door(door), place.admin)
        probes = await self._admin_runner(admin, standing)
        if not place.joins:
            await self._listen(probes, admin)
        endpoints = await self._storage()
        cipher = self._cipher()
        standing.done("storage")
        secret = await self._schema(endpoints)
        standing.done("schema")
        pool = await self._pool(endpoints.serving_dsn)
        await self._require_keys(pool, cipher)
        standing.done("postgres")
        redis = await self._redis(endpoints.redis_url)
        await self._watch_servers(endpoints)
        standing.done("redis")
        callers, accounts = await self._identity(pool, redis)
        standing.done("identity")
        self._tidy_up(pool)
        backing = Backing(
            pool=pool,
            limit_store=SharedLimits(redis),
            callers=callers,
            secret=secret,
            accounts=accounts,
            upstreams=self._upstreams(),
            cache=NearAnswers(SharedAnswers(redis), senses=self.telemetry.senses),
            cipher=cipher,
            replicas=await self._replicas(endpoints.serving_dsn, pool),
        )
        app = public_app(self.declaration, backing, settings=self.settings, telemetry=self.telemetry)
        runner = await self._runner(app, api)
        await make_ready(app, pool=pool, redis=redis, settings=self.settings, telemetry=self.telemetry)
        standing.done("statements")
        standing.done("listener")
        if place.joins:
            await self._listen(probes, admin)
        await self._listen(runner, api)
        await self._tell_load(runner, standing)
        return Running(api=api.door, admin=admin.door, standing=standing, runner=runner, probes=probes)

    async def _admin_runner(self, address: "_Address", standing: Standing) -> ProblemRunner:
        telemetry, settings = self.telemetry, self.settings
        app = admin_app(
            telemetry.metrics,
            checks_of(standing, telemetry.health),
            stack=inbound_of_admin(
                telemetry.observe,
                make_context=telemetry.make_context,
                hosts=hosts_for(settings),
                token=settings.admin_token.get_secret_value(),
            ),
            routes=[
                *breaker_routes(telemetry.senses.breakers),
                *target_routes(self.told.place.admin_ports or [address.door.port]),
                *telemetry.admin_routes,
            ],
        )
        return await self._runner(app, address)

    async def _schema(self, endpoints: Endpoints) -> bytes:
        """The declared tables are there, and filled where somebody wants them filled; the secret of cursors."""
        schema = SchemaStart(declaration=self.declaration, settings=self.settings, observe=self.telemetry.observe)
        secret = await schema.run(endpoints.postgres_dsn, serving_dsn=endpoints.serving_dsn)
        if self.seed is not None:
            await self.seed(endpoints.postgres_dsn)
        return secret

    def _tidy_up(self, pool: Pool) -> None:
        people = self.declaration.service.accounts
        hours = self.settings.idempotency_hours
        upkeep = Upkeep(pool, answers_hours=hours, sessions_days=None if people is None else people.idle_days)
        self.held.push_async_callback(upkeep.stop)
        upkeep.start()

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
        url = redis_address(self.settings)
        # Whoever may not migrate reads the state as the role that serves: its DSN is all that is needed then.
        migrating_dsn = self.settings.migrating_dsn if self.settings.migrates else dsn
        if self.settings.migrating_dsn and not dsn:
            raise StartFailed(f"{PREFIX}MIGRATION_DSN is given without {PREFIX}POSTGRES_DSN, as which to serve.")
        if dsn and url:
            return Endpoints(postgres_dsn=migrating_dsn, redis_url=url, serving_dsn=dsn)
        found = await self._embedded(postgres=not dsn, valkey=not url)
        return Endpoints(
            postgres_dsn=migrating_dsn or found.postgres_dsn,
            redis_url=url or found.redis_url,
            serving_dsn=dsn or found.serving_dsn,
        )

    async def _embedded(self, *, postgres: bool, valkey: bool) -> Endpoints:
        """Those of the supervisor, or our own."""
        folder, name = self.settings.data_dir, self.declaration.service.name
        if self.told.place.storage is not None:
            return await self.told.place.storage(name)
        embedded = EmbeddedStorage(
            folder, observe=self.telemetry.observe, service=name, postgres=postgres, valkey=valkey
        )
        return await self.held.enter_async_context(embedded)

    async def _pool(self, dsn: str) -> Pool:
        pool = pool_for(dsn, self.settings, telemetry=self.telemetry)
        self.held.push_async_callback(pool.close)
        await pool.open()
        return pool

    async def _redis(self, url: str) -> RedisClient:
        redis = redis_for(url, telemetry=self.telemetry)
        self.held.push_async_callback(redis.close)
        try:
            await redis.ping()
        except Problem as problem:  # observed; a service that serves while Redis is down also starts while it is down
            if reason := refusal(problem):
                self.telemetry.observe(RedisRefused(reason=reason))
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

    async def _replicas(self, dsn: str, pool: Pool) -> Replicas | None:
        reads = reads_from_replicas(dsn, pool, settings=self.settings, telemetry=self.telemetry)
        return await self.held.enter_async_context(reads)

    def _upstreams(self) -> Mapping[str, UpstreamClient]:
        """The ways to the upstreams; nothing is called yet, as a service also starts while they are down."""
        clients = upstreams_for(self.declaration.service, self.told.destinations, telemetry=self.telemetry)
        for client in clients.values():
            self.held.push_async_callback(client.close)
        return clients

    async def _tell_load(self, runner: ProblemRunner, standing: Standing) -> None:
        """Tell balancers how much of its share this process can take, where there is a port to ask at.

        Workers share that port: whichever is asked tells of its load, and not of its end, as the others go on.
        """
        settings, is_worker = self.settings, bool(self.told.place.admin_ports)
        if settings.agent_port is None:
            return
        host = settings.admin_host or settings.host
        door = Door(host=host, port=settings.agent_port, variable="AGENT_PORT", certificate=None)
        agent = AgentCheck(Load(lambda: runner.fullness), why_not=None if is_worker else standing.why_not_serving)
        try:
            bound = await bind(door.host, door.port, shares_port=is_worker)
            self.held.callback(bound.close)
            self.held.push_async_callback(agent.close)
            await agent.listen_on(bound)
        except OSError as error:
            raise _cannot_listen(door, error) from error

    async def _bound(self, door: Door, inherited: Bound | None) -> "_Address":
        """The door with the port it got, and its sockets."""
        try:
            bound = inherited or await bind(door.host, door.port)
        except OSError as error:
            raise _cannot_listen(door, error) from error
        self.held.callback(bound.close)
        return _Address(door=replace(door, port=bound.port), bound=bound)

    async def _runner(self, app: web.Application, address: "_Address") -> ProblemRunner:
        """What serves the application there, once it listens."""
        certificate = address.door.certificate
        runner = runner_for(app, self.settings, telemetry=self.telemetry, certificate=certificate)
        self.held.push_async_callback(runner.cleanup)
        await runner.setup()
        return runner

    async def _listen(self, runner: ProblemRunner, address: "_Address") -> None:
        try:
            await runner.listen_on(address.bound)
        except OSError as error:
            raise _cannot_listen(address.door, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    """A door, and the sockets of it."""

    door: Door
    bound: Bound


def _cannot_listen(door: Door, error: OSError) -> StartFailed:
    advice = f"set {PREFIX}{door.variable} to a free port."
    return StartFailed(f"Cannot listen on {door.host}:{door.port} ({error.strerror}); {advice}")

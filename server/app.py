"""The composition root: the one file that knows every part and puts them together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
from aiohttp import hdrs, web

from middleware.inbound import Bounds, inbound
from middleware.inbound.authenticate import Authentication
from middleware.inbound.certificate import Certificate
from middleware.inbound.client_address import ClientAddress
from middleware.inbound.cors import Origins
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.failed_attempts import FailedAttempts
from middleware.inbound.handshakes import HANDSHAKES_AT_ONCE
from middleware.inbound.leases import Leases
from middleware.inbound.limiter import Limiter
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.own_hosts import OwnHosts
from middleware.inbound.priorities import NO_OPENINGS, Openings, Ranked
from middleware.inbound.problem_server import ProblemRunner
from middleware.inbound.protocol import ConnectionPolicy, Edge
from middleware.inbound.quota import LimitStore
from middleware.inbound.rate_limit import Limits
from middleware.inbound.shed import Shed
from middleware.inbound.shed_policy import ShedPolicy
from middleware.outbound.clock import Clock
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from middleware.suspension import Suspension
from server.accounts.account_office import AccountDesk, AccountOffice
from server.accounts.account_routes import OFFICE
from server.accounts.account_throttle import AccountThrottle
from server.address import Address, open_page, options_of
from server.cached_tables import cached_resources, tables_shown
from server.charges import default_charge, resource_charged, route_charged
from server.declaration import Declaration
from server.declared_words import declared_words
from server.docs_page.docs_routes import docs_routes, index_routes
from server.handling import STORE, UPSTREAMS
from server.identity.audit_trail import AuditEntry, scope_of_admin
from server.identity.callers import Callers
from server.identity.declared_roles import declared_roles
from server.identity.field_access import FieldRules
from server.identity.key_routes import DECLARED, KEYS
from server.identity.row_scopes import RowScopes, reading_words
from server.open_files import files_open_at_most
from server.openapi import openapi_document
from server.own_routes import with_own_addresses
from server.priming import Rehearsing, prime
from server.read_after import told_after_writes
from server.readers import POOL, Telemetry
from server.record_store import TransactionStore
from server.record_tables import record_tables
from server.rehearsal import callers_told_apart
from server.replica_setup import Replicas
from server.resources import Serving, resource_addresses
from server.routes import route_address
from server.service import Service
from server.settings import PREFIX, Settings
from server.upstreams.destination import Destinations
from server.upstreams.upstream_client import UpstreamClient
from server.write_origins import origins_by
from storage.cache.answer_store import AnswerStore
from storage.cache.caching import CacheExtent, Caching
from storage.creates_together import CreatesTogether, unwatched
from storage.encryption.cipher import Cipher
from storage.postgres.pool import Pool
from storage.redis.client import RedisClient
from storage.replicas.write_positions import WritePositions
from storage.runner import TransactionRunner
from telemetry.certificate_state import certificate_look
from telemetry.readings import PoolSizes, concurrency_look, pool_look

OPENINGS = web.AppKey("openings", Openings)
"""How an application tells what a request is by its first bytes."""

_SUSPENSION = web.AppKey("suspension", Suspension)
"""How long an application does without Redis, for whoever finds it again."""

_REHEARSALS = web.AppKey("rehearsals", Iterable[Rehearsing])
"""What its callers usually ask, for whoever wants it ready before they do."""

_FILES_KEPT = 128
"""Open files that are not connections of callers: those of the pool, Redis, logs, the embedded servers."""


def pool_for(dsn: str, settings: Settings, *, telemetry: Telemetry) -> Pool:
    """The way to Postgres, its sizes among the metrics."""
    policy = PoolPolicy(minimum=min(2, settings.pool_connections), maximum=settings.pool_connections)
    pool = Pool(dsn, policy=policy, senses=telemetry.senses, name=POOL)

    def sizes() -> PoolSizes:
        size = pool.size
        return PoolSizes(pool=POOL, idle=size.idle, used=size.used, maximum=size.maximum, pending=size.pending)

    telemetry.metrics.look_at(pool_look(sizes))
    return pool


def redis_for(url: str, *, telemetry: Telemetry) -> RedisClient:
    """The way to Redis."""
    return RedisClient(url, policy=RedisPolicy(), senses=telemetry.senses)


def upstreams_for(
    service: Service, destinations: Destinations, *, telemetry: Telemetry
) -> Mapping[str, UpstreamClient]:
    """The ways to the upstreams, by name; there must be a running event loop."""
    return {
        upstream.name: UpstreamClient(upstream, destinations[upstream.name], senses=telemetry.senses)
        for upstream in service.upstreams
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What an application stands on: records, callers and what they have taken, kept answers, the secret, upstreams."""

    pool: Pool
    limit_store: LimitStore
    callers: Callers
    secret: bytes
    accounts: AccountDesk | None = None
    upstreams: Mapping[str, UpstreamClient] = field(default_factory=dict)
    cache: AnswerStore | None = None
    """Where answers of cached resources are kept; None keeps none."""
    cipher: Cipher | None = None
    """What encrypts fields; None where none is encrypted."""
    replicas: Replicas | None = None
    """Where records may be read besides; None for nowhere."""

    @property
    def positions(self) -> WritePositions | None:
        """What those who write are told; None where nothing is read but from the primary."""
        return None if self.replicas is None else self.replicas.positions


def caching_for(
    declaration: Declaration, backing: Backing, *, suspension: Suspension, telemetry: Telemetry
) -> Caching | None:
    """The cache; None where no resource is cached, or there is nowhere to keep anything."""
    cached = cached_resources(declaration.service)
    if not cached or backing.cache is None:
        return None
    extent = CacheExtent(secret=backing.secret, tables=tables_shown(cached, declaration))
    return Caching(backing.cache, backing.pool, extent=extent, senses=telemetry.senses, suspension=suspension)


def limits_for(
    service: Service, backing: Backing, *, settings: Settings, telemetry: Telemetry, suspension: Suspension
) -> Limits:
    """The limits all replicas share, and this one's share of them where those cannot be reached."""
    local = LocalLimits(replicas=settings.replicas)
    return Limits(
        store=Limiter(backing.limit_store, local, leases=Leases(), observe=telemetry.observe, suspension=suspension),
        address_of=ClientAddress(settings.trusted_proxies),
        secret=backing.secret,
        unmatched=default_charge(service, "GET"),
    )


def hosts_for(settings: Settings) -> OwnHosts:
    """The names both ports answer to."""
    return OwnHosts(settings.allowed_hosts, advice=f"Whoever operates it lists its names in {PREFIX}ALLOWED_HOSTS.")


def public_app(
    declaration: Declaration, backing: Backing, *, settings: Settings, telemetry: Telemetry
) -> web.Application:
    """The API: resources, routes, keys, accounts, the docs, behind the inbound stack."""
    declaration = with_own_addresses(declaration)
    endpoints: dict[Callable[..., object], Endpoint] = {}
    origins = None if declaration.service.cors is None else Origins(declaration.service.cors)
    suspension = Suspension()  # of Redis: whoever finds it away spares the others the wait
    limits = limits_for(declaration.service, backing, settings=settings, telemetry=telemetry, suspension=suspension)
    failures = FailedAttempts(limits)
    caching = caching_for(declaration, backing, suspension=suspension, telemetry=telemetry)
    stack = inbound(
        endpoints,
        observe=telemetry.observe,
        make_context=telemetry.make_context,
        bounds=Bounds(
            hosts=hosts_for(settings),
            origins=origins,
            request_seconds=settings.request_seconds,
            limits=limits,
            authentication=Authentication(backing.callers.authenticator, failures=failures),
            realm=declaration.service.name,
            secret=backing.secret,
            words=declared_words(declaration),
        ),
        clock=Clock(call_later=telemetry.senses.sweeper.after),
    )
    app = stack.install(web.Application(client_max_size=settings.body_bytes))
    serving = _serving_for(declaration, backing, limits=limits, settings=settings, caching=caching)
    app[_SUSPENSION] = suspension
    app[STORE] = TransactionStore(serving.tables, serving.runner)
    app[UPSTREAMS] = backing.upstreams
    app[KEYS], app[DECLARED] = backing.callers.keys, declaration
    if backing.accounts is not None:
        app[OFFICE] = AccountOffice(backing.accounts, AccountThrottle(limits, failures), observe=telemetry.observe)
    if caching is not None:
        app.on_cleanup.append(lambda _app: caching.close())
    addresses = told_after_writes(_addresses(declaration, serving), backing.positions)
    app[_REHEARSALS] = [address.rehearsal for address in addresses if address.rehearsal is not None]
    app[OPENINGS] = _expected(addresses, declaration.service, telemetry=telemetry)
    for address in addresses:
        route = app.router.add_route(address.method, address.path, address.handle)
        endpoints[route.handler] = address.endpoint
        if address.method == "GET":
            app.router.add_route("HEAD", address.path, address.handle)
    pages = _pages(declaration, settings)
    app.add_routes(pages)
    endpoints |= {page.handler: replace(open_page(page.path), charge=limits.unmatched) for page in pages}
    return app


async def make_ready(
    app: web.Application, *, pool: Pool, redis: RedisClient, settings: Settings, telemetry: Telemetry
) -> None:
    """Before the first caller: have Redis looked for whenever it is away, and the usual statements made."""
    redis.seek(app[_SUSPENSION])
    await prime(app[_REHEARSALS], pool, within_seconds=settings.priming_seconds, observe=telemetry.observe)


def _expected(addresses: Sequence[Address], service: Service, *, telemetry: Telemetry) -> Openings:
    """How requests to these begin; the error series of those that do some work are there from the start."""
    working = [(one.method, one.endpoint.template) for one in addresses if one.method != hdrs.METH_OPTIONS]
    asking = {(route.method, route.path) for route in service.routes} if service.upstreams else set()
    telemetry.metrics.expect_requests(working, asking=asking.intersection(working))
    return Openings([_ranked(address) for address in addresses])


def _pages(declaration: Declaration, settings: Settings) -> list[web.RouteDef]:
    """The document, the docs page, and what leads to it."""
    document = openapi_document(
        declaration.service,
        declaration.types,
        maximum_body_bytes=settings.body_bytes,
        reads_replicas=settings.postgres_reads == "replica",
    )
    return [*docs_routes(orjson.dumps(document)), *index_routes(declaration.service)]


def _serving_for(
    declaration: Declaration, backing: Backing, *, limits: Limits, settings: Settings, caching: Caching | None
) -> Serving:
    """What the handlers of every resource need."""
    return Serving(
        tables=record_tables(declaration.types, cipher=backing.cipher),
        runner=_runner_for(backing.pool, caching),
        caching=caching,
        replicas=None if backing.replicas is None else backing.replicas.reads,
        scopes=RowScopes(declaration, own={AuditEntry: scope_of_admin}),
        origin_of=origins_by(limits.address_of),
        cipher=backing.cipher,
        fields=FieldRules(declaration.types.values(), reading_words(declaration.service)),
        callers=callers_told_apart(declared_roles(declaration)),
        cursor_secret=backing.secret,
        maximum_body_bytes=settings.body_bytes,
    )


def _runner_for(pool: Pool, caching: Caching | None) -> TransactionRunner:
    """What records are read and written by."""
    if caching is None:
        return CreatesTogether(pool, pool, watch=unwatched, senses=pool.senses)
    return CreatesTogether(caching.runner, pool, watch=caching.runner.watched, senses=pool.senses)


def certificate_for(settings: Settings, *, telemetry: Telemetry) -> Certificate | None:
    """What the ports prove themselves with, None without TLS; raises Unusable."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    certificate = Certificate(settings.tls_cert, settings.tls_key, observe=telemetry.observe)
    telemetry.metrics.look_at(certificate_look(certificate.state))
    return certificate


def runner_for(
    app: web.Application, settings: Settings, *, telemetry: Telemetry, certificate: Certificate | None = None
) -> ProblemRunner:
    """What serves an application on its sockets."""
    edge = Edge(
        observe=telemetry.observe,
        make_context=telemetry.make_context,
        call_later=telemetry.senses.sweeper.after,
        certificate=certificate,
        shed=_shed_for(app, telemetry),
        openings=app.get(OPENINGS, NO_OPENINGS),
    )
    kept = _FILES_KEPT + (0 if certificate is None else HANDSHAKES_AT_ONCE)
    policy = ConnectionPolicy(connections=max(1, min(settings.connections, files_open_at_most() - kept)))
    return ProblemRunner(app, edge, policy=policy, shutdown_seconds=settings.drain_seconds)


def _shed_for(app: web.Application, telemetry: Telemetry) -> Shed | None:
    """Who lets requests in, where the application knows them by their first bytes; the admin port's are never shed."""
    openings = app.get(OPENINGS)
    if openings is None:
        return None
    senses = telemetry.senses
    shed = Shed(
        ShedPolicy(), classify=openings.priority, elsewhere=lambda: senses.attempts_under_way, observe=telemetry.observe
    )
    telemetry.metrics.look_at(concurrency_look(lambda: shed.limit))
    return shed


def _ranked(address: Address) -> Ranked:
    endpoint = address.endpoint
    return Ranked(method=address.method, template=endpoint.template, priority=endpoint.priority)


def _addresses(declaration: Declaration, serving: Serving) -> list[Address]:
    """Everything served, most specific templates first, each path with its OPTIONS."""
    service, found = declaration.service, []
    for route in service.routes:
        address = route_address(route, declaration, serving=serving)
        found.append(route_charged(address, route, service=service))
    for resource in service.resources:
        found += [
            resource_charged(address, resource, service=service) for address in resource_addresses(resource, serving)
        ]
    methods: dict[str, list[str]] = {}
    for address in found:
        methods.setdefault(address.endpoint.template, []).append(address.method)
    for template, offered in methods.items():
        address = options_of(template, offered)
        endpoint = replace(address.endpoint, charge=default_charge(service, address.method))
        found.append(replace(address, endpoint=endpoint))
    return sorted(found, key=lambda address: address.endpoint.template.count("{"))

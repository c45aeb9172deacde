"""What each inbound layer costs a request, in µs of CPU: the whole stack, and the stack less one layer.

Run it with `python -m benchmarks.inbound_cost`; figures are medians of several rounds of one process. The layers are
those of a served application, called as aiohttp calls them, their events read by metrics and logs; the handler within
does nothing. Nothing is asked of Postgres or Redis: the limits are kept here, the caller's key is remembered.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import uvloop
from aiohttp import hdrs, web
from aiohttp.test_utils import make_mocked_request
from aiohttp.typedefs import Handler, Middleware

from benchmarks.authentication_cost import OneKey, observers
from benchmarks.service import Product
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.shed import Shed
from middleware.inbound.shed_policy import ShedPolicy
from middleware.outbound.layer import Senses
from server import SIGNED_IN, Limit, Resource, Service
from server.app import Backing, pool_for, public_app
from server.declaration import checked
from server.identity.api_keys import ApiKeys
from server.identity.callers import Callers
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch
from server.identity.verified import Verified
from server.readers import Telemetry
from server.settings import Settings
from telemetry.context import Identifier
from telemetry.deployment import Deployment
from telemetry.log_sink import Sink
from telemetry.metrics import Metrics

CALLS = 1_000
ROUNDS = 9
CALLS_A_TURN = 50
"""Between two turns of the loop, in which log lines are written."""
PLENTY = Limit(1_000_000)
BODY = b'{"sku":"ABC-1","name":"chair","price":"9.90","stock":3,"tags":["wood","oak"]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of request."""

    title: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


async def nothing_to_forget() -> None:
    """No key is revoked while this runs."""


def application(sink: Sink, one: OneKey) -> web.Application:
    """A service's application, without the servers behind it."""
    service = Service(
        name="bench",
        resources=[Resource(Product, path="/products", access=SIGNED_IN)],
        read_limit=PLENTY,
        write_limit=PLENTY,
    )
    settings = Settings()
    observe = observers(sink)
    metrics = Metrics(Deployment(service="bench", version="1", environment="test"))
    telemetry = Telemetry(
        observe=observe, metrics=metrics, sink=sink, make_context=Identifier(), senses=Senses(observe=observe)
    )
    pool = pool_for("", settings, telemetry=telemetry)  # never opened
    callers = Callers(pool, one, limit_factor=lambda _roles: 1.0)
    watch = RevocationWatch(one, on_change=nothing_to_forget)
    callers.authenticator = ApiKeys(
        one, verified=Verified(), watch=watch, uses=KeyUses(one), limit_factor=lambda _roles: 1.0
    )
    backing = Backing(pool=pool, limit_store=LocalLimits(), callers=callers, secret=b"secret")
    app = public_app(checked(service), backing, settings=settings, telemetry=telemetry)
    app.freeze()
    return app


def shedding() -> Middleware:
    """What a connection asks of Shed for each request, as if it were a layer."""
    shed = Shed(ShedPolicy(), classify=lambda _opening: "default", elsewhere=lambda: 0, observe=lambda _event: None)

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        now = shed.now()
        slot = shed.enter(now)
        shed.began(now)
        try:
            return await handler(request)
        finally:
            if slot is not None:
                shed.leave(slot)

    return layer


def marking(app: web.Application) -> Middleware:
    """What every answer passes as its headers are written, as if it were a layer."""

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        await app.on_response_prepare.send(request, response)
        return response

    return layer


class NoTransport(asyncio.Transport):
    """A connection without TLS, of which nothing more is known."""


async def answer(_request: web.Request) -> web.StreamResponse:
    """The handler: nothing at all."""
    return web.Response(status=200)


def stack_of(layers: list[Middleware]) -> Handler:
    """The layers around the handler, as aiohttp puts them together."""
    handler: Handler = answer
    for layer in reversed(layers):
        handler = partial(layer, handler=handler)
    return handler


def name_of(layer: Middleware) -> str:
    """The factory's name."""
    return getattr(layer, "__qualname__", "").partition(".")[0]


async def request_of(case: Case, app: web.Application) -> web.Request:
    """A request that has been routed, its body read; one can be answered many times."""
    headers = {hdrs.HOST: "localhost", **case.headers}
    request = make_mocked_request(case.method, case.path, headers=headers, app=app, transport=NoTransport())
    request._match_info = await app.router.resolve(request)  # noqa: SLF001 - what the application does
    request._match_info.add_app(app)  # noqa: SLF001 - likewise
    request._read_bytes = case.body  # noqa: SLF001 - as a second read finds it
    return request


async def cpu_micros(handler: Handler, request: web.Request) -> float:
    """CPU time of one request's way."""
    started = time.process_time()
    for number in range(CALLS):
        await handler(request)
        if number % CALLS_A_TURN == 0:
            await asyncio.sleep(0)
    return (time.process_time() - started) / CALLS * 1e6


async def compare(case: Case, app: web.Application) -> None:
    """Print the table of one kind of request; rounds alternate so that a noisy moment hits every row alike."""
    layers = [shedding(), marking(app), *app.middlewares]
    request = await request_of(case, app)
    rows = {"no layer": stack_of([]), "all layers": stack_of(layers)}
    await rows["all layers"](request)  # what a layer left out would have set is there from now on
    for layer in layers:
        rows[f"without {name_of(layer)}"] = stack_of([one for one in layers if one is not layer])
    seen: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, handler in rows.items():
            seen[name].append(await cpu_micros(handler, request))
    medians = {name: statistics.median(found) for name, found in seen.items()}
    print(f"\n{case.title:<32}{'µs a request':>14}{'the layer':>12}")
    for name, micros in medians.items():
        share = f"{medians['all layers'] - micros:12.1f}" if name.startswith("without") else ""
        print(f"{name:<32}{micros:14.1f}{share}")
    print(f"{'all layers, net':<32}{medians['all layers'] - medians['no layer']:14.1f}")


async def main() -> None:
    """A read, a list, a write."""
    one = OneKey()
    known: dict[str, str] = {hdrs.AUTHORIZATION: f"Bearer {one.key.text}"}
    written: dict[str, str] = {
        **known,
        hdrs.CONTENT_TYPE: "application/json",
        "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    }
    sink = Sink(os.open(os.devnull, os.O_WRONLY))
    app = application(sink, one)
    for case in (
        Case(title="read one", method="GET", path="/products/0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a", headers=known),
        Case(title="list 20", method="GET", path="/products?limit=20", headers=known),
        Case(title="create, with a key", method="POST", path="/products", headers=written, body=BODY),
    ):
        await compare(case, app)
    sink.close()


if __name__ == "__main__":
    uvloop.run(main())

"""What a request costs from its bytes to those of its answer, in µs of CPU, and what each inbound layer has of it.

Run it with `python -m benchmarks.inbound_cost`; figures are the least of several rounds of one process, which alternate
with bare aiohttp answering the same. There is no network, and nothing is asked of Postgres or Redis: rows are known,
limits are kept here, the caller's key is remembered. The rest is as served: every reader hears of it, and of 200
requests a second a line is written. `--callers 48` is a crowd of whom most are held while the others are answered.
"""

import argparse
import asyncio
import gc
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import uvloop
from aiohttp import web

from benchmarks.authentication_cost import OneKey
from benchmarks.fed_connection import FedConnection
from benchmarks.service import Pong, Product, ping
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.request_plan import Layer
from middleware.inbound.stack import STACK
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from server import SIGNED_IN, Limit, Resource, Route, Service
from server.app import Backing, public_app, runner_for
from server.declaration import checked
from server.identity.api_keys import ApiKeys
from server.identity.callers import Callers
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch
from server.identity.verified import Verified
from server.readers import Telemetry, telemetry_for
from server.settings import Settings
from server.standard_error import STANDARD_ERROR
from storage.postgres.pool import Pool
from telemetry.events import Event

REQUESTS = 4_000
CALLERS = 8
"""At a time: as many as are let in whatever the load."""
ROUNDS = 5
PLENTY = Limit(1_000_000)
KEY = "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"
BODY = b'{"sku":"ABC-1","name":"chair","price":"9.90","stock":3,"tags":["wood","oak"]}'
RECORD = BODY[:-1] + b',"id":"%b","version":1,"created_at":"2026-01-01T00:00:00.000000Z"}' % KEY.encode()
PAGE = b",".join([RECORD] * 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of request, and what bare aiohttp answers it."""

    title: str
    method: str
    path: str
    answer: bytes
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def request(self) -> bytes:
        """Its bytes."""
        length = {"Content-Length": str(len(self.body))} if self.body else {}
        lines = [f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **self.headers, **length}.items()]
        return f"{self.method} {self.path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + self.body


class KnownRows(Pool):
    """Answers without asking anybody."""

    async def run(self, _statement: object, _parameters: object = (), *, operation: str) -> list[tuple[Any, ...]]:
        """What Postgres would."""
        return [(PAGE, 21, b'["1"]')] if operation == "list" else [(RECORD, b"1-1", KEY.encode())]


async def nothing_to_forget() -> None:
    """No key is revoked while this runs."""


def nobody_listens(_event: Event) -> None:
    """As if there were no telemetry."""


def application(one: OneKey, *, is_told: bool = True) -> tuple[web.Application, Telemetry]:
    """A service's application, without the servers behind it."""
    service = Service(
        name="bench",
        resources=[Resource(Product, path="/products", access=SIGNED_IN, idempotency="optional")],
        routes=[Route("GET", "/ping", ping, returns=Pong, access=SIGNED_IN)],
        read_limit=PLENTY,
        write_limit=PLENTY,
    )
    telemetry = telemetry_for(checked(service), Settings())
    if not is_told:
        telemetry = replace(telemetry, observe=nobody_listens, senses=Senses(observe=nobody_listens))
    pool = KnownRows("", policy=PoolPolicy(), senses=telemetry.senses)  # never opened
    callers = Callers(pool, one, limit_factor=lambda _roles: 1.0)
    watch = RevocationWatch(one, on_change=nothing_to_forget)
    callers.authenticator = ApiKeys(
        one, verified=Verified(), watch=watch, uses=KeyUses(one), limit_factor=lambda _roles: 1.0
    )
    backing = Backing(pool=pool, limit_store=LocalLimits(), callers=callers, secret=b"secret")
    return public_app(checked(service), backing, settings=Settings(), telemetry=telemetry), telemetry


async def server_of(app: web.Application, telemetry: Telemetry) -> web.Server:
    """What makes the application's connections."""
    runner = runner_for(app, Settings(), telemetry=telemetry)
    await runner.setup()
    assert runner.server is not None
    return runner.server


async def bare(case: Case) -> web.Server:
    """aiohttp alone, with the same answer."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=case.answer, content_type="application/json")

    app = web.Application()
    app.router.add_route(case.method, case.path.partition("?")[0], answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    return runner.server


NEEDED = ("authenticate", "validate")
"""Without who calls and what it asks for no handler answers."""


def lessened(one: OneKey) -> Iterator[tuple[str, web.Application, Telemetry]]:
    """The application less one of its layers, each in turn."""
    names = [_name(layer) for layer in application(one)[0][STACK].checks]
    for name in names:
        if name not in NEEDED:
            app, telemetry = application(one)
            stack = app[STACK]
            others = tuple(layer for layer in stack.checks if _name(layer) != name)
            yield f"without {name}", replace(stack, checks=others).install(app), telemetry


def _name(layer: Layer) -> str:
    """The factory's."""
    return getattr(layer, "__qualname__", "").partition(".")[0]


async def cpu_micros(server: web.Server, request: bytes, *, at_a_time: int) -> float:
    """CPU time of one request's way."""
    callers = [FedConnection(server(), request, times=REQUESTS // at_a_time) for _ in range(at_a_time)]
    await asyncio.sleep(0)
    started = time.process_time()
    for caller in callers:
        caller.begin()
    await asyncio.gather(*(caller.ended for caller in callers))
    took = time.process_time() - started
    for caller in callers:
        caller.end()
        if not caller.answer.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(caller.answer.decode())
    return took / (REQUESTS // at_a_time * at_a_time) * 1e6


async def compare(case: Case, one: OneKey, *, callers: int) -> None:
    """Print the table of one kind of request; rounds alternate so that a noisy moment hits every row alike."""
    rows = {"bare aiohttp": await bare(case), "all": await server_of(*application(one))}
    rows["without telemetry"] = await server_of(*application(one, is_told=False))
    for name, other, told in lessened(one):
        rows[name] = await server_of(other, told)
    gc.collect()
    gc.freeze()
    seen: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, server in rows.items():
            seen[name].append(await cpu_micros(server, case.request, at_a_time=callers))
    least = {name: min(found) for name, found in seen.items()}
    print(f"\n{case.title:<32}{'µs a request':>14}{'the part':>12}")
    for name, micros in least.items():
        share = f"{least['all'] - micros:12.1f}" if name.startswith("without") else ""
        print(f"{name:<32}{micros:14.1f}{share}")


def cases(key: str) -> Sequence[Case]:
    """A ping, a read, a list, a write, by a caller with a key."""
    known = {"Authorization": f"Bearer {key}"}
    written = {**known, "Content-Type": "application/json", "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    return (
        Case(title="ping", method="GET", path="/ping", headers=known, answer=b'{"status":"ok"}'),
        Case(title="read one", method="GET", path=f"/products/{KEY}", headers=known, answer=RECORD),
        Case(title="list 20", method="GET", path="/products?limit=20", headers=known, answer=PAGE),
        Case(title="create, with a key", method="POST", path="/products", headers=written, answer=RECORD, body=BODY),
    )


async def main(callers: int) -> None:
    """All of them."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_ERROR)  # where lines go
    one = OneKey()
    for case in cases(one.key.text):
        await compare(case, one, callers=callers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inbound_cost", description=__doc__)
    parser.add_argument("--callers", type=int, default=CALLERS, help=f"how many ask at a time (default: {CALLERS})")
    uvloop.run(main(parser.parse_args().callers))

"""Shedding over real connections: a burst passes, what is too much is held, then refused; nothing is lost count of."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from middleware.inbound import inbound
from middleware.inbound.concurrency import ConcurrencyPolicy
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.priorities import Openings, Priority, Ranked
from middleware.inbound.protocol import Edge
from middleware.inbound.shed import Shed
from middleware.inbound.shed_policy import ShedPolicy
from middleware.outbound.clock import Clock
from server.address import open_page
from telemetry.context import Identifier
from telemetry.events import RequestRejected
from tests.integration.loopback import Answer, Caller, served
from tests.integration.processes import until
from tests.recorder import Recorder

pytestmark = pytest.mark.alone

ONE = ConcurrencyPolicy(initial=1, minimum=1, maximum=1)
PATIENT = ShedPolicy(concurrency=ONE, hold_seconds=30.0)
STRICT = ShedPolicy(concurrency=ONE, burst_seconds=0.0, hold_seconds=0.05)


@dataclass(slots=True, kw_only=True)
class Service:
    """GET /quick, GET /wait (until `opened`), POST /echo, and GET /vital, which is critical."""

    call: Caller
    shed: Shed
    opened: asyncio.Event
    handled: list[str] = field(default_factory=list)

    async def occupied(self) -> "asyncio.Task[Answer]":
        """A request that is at work until `opened`."""
        task = asyncio.create_task(self.call("GET", "/wait"))
        await until(lambda: "/wait" in self.handled)
        return task


@asynccontextmanager
async def shedding(events: Recorder, policy: ShedPolicy | None = None) -> AsyncIterator[Service]:
    opened, handled = asyncio.Event(), list[str]()

    async def quick(request: web.Request) -> web.Response:
        handled.append(request.path)
        return web.Response(body=await request.read() or b"ok")

    async def wait(request: web.Request) -> web.Response:
        handled.append(request.path)
        await opened.wait()
        return web.Response(text="waited")

    identify = Identifier()
    endpoints: dict[Callable[..., object], Endpoint] = {}
    app = inbound(endpoints, observe=events, make_context=identify).install(web.Application())
    addresses: list[tuple[str, str, Priority]] = [
        ("GET", "/quick", "default"),
        ("HEAD", "/quick", "default"),
        ("GET", "/wait", "default"),
        ("POST", "/echo", "default"),
        ("GET", "/vital", "critical"),
        ("GET", "/spare", "sheddable"),
    ]
    for method, path, _ in addresses:
        route = app.router.add_route(method, path, wait if path == "/wait" else quick)
        endpoints[route.handler] = open_page(path)
    ranks = [Ranked(method=method, template=path, priority=priority) for method, path, priority in addresses]
    openings = Openings(ranks)
    shed = Shed(
        policy or ShedPolicy(),
        classify=openings.priority,
        elsewhere=lambda: 0,
        observe=events,
        clock=Clock(),
    )
    async with served(app, Edge(observe=events, make_context=identify, shed=shed, openings=openings)) as call:
        yield Service(call=call, shed=shed, opened=opened, handled=handled)
        opened.set()


async def together(service: Service, path: str, times: int) -> Sequence[int]:
    """The statuses of requests sent at once, each over a connection of its own."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{service.call.port}", connector=connector) as client:
        answers = await asyncio.gather(*(client.get(path) for _ in range(times)))
        return [answer.status for answer in answers]


async def test_a_burst_of_200_quick_requests_on_an_idle_service_is_answered(events: Recorder) -> None:
    async with shedding(events) as service:
        statuses = await together(service, "/quick", 200)

    assert (statuses, events.of(RequestRejected)) == ([200] * 200, [])


async def test_a_burst_of_200_requests_that_only_wait_is_let_in_whole(events: Recorder) -> None:
    async with shedding(events) as service:
        waiting = asyncio.create_task(together(service, "/wait", 200))
        await until(lambda: len(service.handled) == 200)
        service.opened.set()
        statuses = await waiting

    assert (statuses, events.of(RequestRejected)) == ([200] * 200, [])


async def test_what_is_held_is_answered_once_there_is_room_and_tells_how_long_it_was_held(events: Recorder) -> None:
    async with shedding(events, PATIENT) as service:
        first = await service.occupied()
        held = asyncio.create_task(service.call("POST", "/echo", data=b"x" * 300_000))
        vital = await service.call("GET", "/vital")
        before = [*service.handled]
        service.opened.set()
        answers = [await first, await held]

    assert (before, vital.status) == (["/wait", "/vital"], 200)
    assert [(answer.status, len(answer.body)) for answer in answers] == [(200, 6), (200, 300_000)]
    assert "held;dur=" in answers[1].headers["Server-Timing"]
    assert "held;dur=" not in answers[0].headers["Server-Timing"]


async def test_what_is_held_for_too_long_is_refused_unread_and_its_connection_goes_on(events: Recorder) -> None:
    async with shedding(events, STRICT) as service:
        first = await service.occupied()
        async with service.call.connected() as (reader, writer):
            writer.write(b"GET /quick HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            document = json.loads(await reader.readexactly(length))
            service.opened.set()
            await first
            writer.write(b"GET /quick HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            again = await reader.readuntil(b"ok")

    assert head.startswith(b"HTTP/1.1 503 ")
    assert (document["type"], document["retryable"]) == ("urn:mainstay:problem:overloaded", True)
    assert again.startswith(b"HTTP/1.1 200 ")
    assert (service.handled, events.of(RequestRejected)) == (
        ["/wait", "/quick"],
        [RequestRejected(reason="overloaded", method="GET", route="/quick")],
    )


async def test_a_body_that_is_refused_closes_its_connection(events: Recorder) -> None:
    async with shedding(events, STRICT) as service:
        first = await service.occupied()
        received = await service.call.raw(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        service.opened.set()
        await first

    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nConnection: close\r\n" in received


async def test_a_caller_who_leaves_while_held_is_never_served(events: Recorder) -> None:
    async with shedding(events, PATIENT) as service:
        first = await service.occupied()
        async with service.call.connected() as (_, writer):
            writer.write(b"GET /quick HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await until(lambda: service.shed.held == 1)
        await until(lambda: service.shed.held == 0)
        service.opened.set()
        await first

    assert service.handled == ["/wait"]


async def test_a_body_that_does_not_arrive_takes_nobody_s_place(events: Recorder) -> None:
    async with shedding(events, PATIENT) as service, service.call.connected() as (reader, writer):
        writer.write(b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nab")
        other = await service.call("GET", "/quick")
        writer.write(b"cde")
        received = await reader.readuntil(b"abcde")

    assert (other.status, received.startswith(b"HTTP/1.1 200 ")) == (200, True)


async def test_requests_sent_one_behind_the_other_are_answered_in_order(events: Recorder) -> None:
    async with shedding(events, PATIENT) as service:
        first = await service.occupied()
        async with service.call.connected() as (reader, writer):
            request = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\n"
            writer.write(request + b"one" + request)
            await until(lambda: service.shed.held == 1)
            writer.write(b"two")
            service.opened.set()
            await first
            received = await reader.readuntil(b"two")

    assert received.count(b"HTTP/1.1 200 ") == 2


async def test_however_requests_end_none_stays_counted(events: Recorder) -> None:
    async with shedding(events, STRICT) as service:
        first = await service.occupied()
        async with service.call.connected() as (_, writer):
            writer.write(b"GET /vital HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await service.call.raw(b"nonsense\r\n\r\n")
        await service.call("GET", "/quick")
        async with service.call.connected() as (_, writer):
            writer.write(b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nab")
        service.opened.set()
        await first
        await service.call("GET", "/nowhere")
        await until(lambda: (service.shed.at_work, service.shed.held) == (0, 0))


async def test_what_is_held_when_the_service_stops_is_told_to_try_again(events: Recorder) -> None:
    async with shedding(events, PATIENT) as service:
        first = await service.occupied()
        held = asyncio.create_task(service.call("GET", "/quick"))
        await until(lambda: service.shed.held == 1)
        stopping = asyncio.ensure_future(service.call.stop())
        answer = await held
        service.opened.set()
        ended = await first
        await stopping

    assert (answer.status, ended.status) == (503, 200)

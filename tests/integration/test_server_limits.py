"""Callers who are slow, idle or too many, over real connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from aiohttp import web

from middleware.inbound import Bounds, inbound
from middleware.inbound.admission import admit_everybody
from middleware.inbound.arrival import ArrivalPolicy
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.protocol import ConnectionPolicy, Edge
from telemetry.context import Identifier
from telemetry.events import RequestFinished, RequestRejected
from tests.integration.loopback import Caller, served
from tests.recorder import Recorder

QUICK = ArrivalPolicy(headers_seconds=0.3, body_seconds=0.3, body_bytes_a_second=100_000)
BIG = b"x" * 40_000_000


@asynccontextmanager
async def limited(
    observe: Recorder, policy: ConnectionPolicy, *, request_seconds: float = 5.0
) -> AsyncIterator[Caller]:
    """Serve GET /ok, GET /slow, GET /big and POST /echo."""

    async def nothing(request: web.Request) -> None:
        return None

    async def ok(request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def slow(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response(text="never")

    async def big(request: web.Request) -> web.Response:
        return web.Response(body=BIG)

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    identify = Identifier()
    endpoints: dict[Callable[..., object], Endpoint] = {}
    stack = inbound(endpoints, observe=observe, make_context=identify, bounds=Bounds(request_seconds=request_seconds))
    app = stack.install(web.Application())
    for method, path, handler in (
        ("GET", "/ok", ok),
        ("GET", "/slow", slow),
        ("GET", "/big", big),
        ("POST", "/echo", echo),
    ):
        route = app.router.add_route(method, path, handler)
        limit = 0.1 if path == "/slow" else None
        endpoints[route.handler] = Endpoint(
            template=path, operation=path, decide=admit_everybody, read_input=nothing, limit_seconds=limit
        )
    async with served(app, Edge(observe=observe, make_context=identify), policy=policy) as call:
        yield call


def reasons(events: Recorder) -> list[str]:
    return [event.reason for event in events.of(RequestRejected)]


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """Read to the connection's end, which may be abrupt."""
    with suppress(ConnectionError):
        return await reader.read()
    return b""


async def broken_off(call: Caller, sent: bytes) -> bytes:
    """Send what is not whole; what comes until the other side closes."""
    async with call.connected() as (reader, writer), asyncio.timeout(5):
        writer.write(sent)
        return await until_closed(reader)


async def test_headers_that_do_not_end_close_the_connection(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy(arrival=QUICK)) as call:
        received = await broken_off(call, b"GET /ok HTTP/1.1\r\nX-A: b\r\n")

    assert (received, reasons(events)) == (b"", ["slow_headers"])


async def test_headers_that_do_not_end_after_an_answer_close_the_connection(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy(arrival=QUICK)) as call, call.connected() as (reader, writer):
        writer.write(b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"ok")
        writer.write(b"GET /ok HTTP/1.1\r\n")
        async with asyncio.timeout(5):
            await until_closed(reader)

    assert reasons(events) == ["slow_headers"]


async def test_a_body_that_does_not_end_is_a_408(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy(arrival=QUICK)) as call:
        received = await broken_off(call, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")

    assert received.startswith(b"HTTP/1.1 408 ")
    assert b'"urn:mainstay:problem:request_timeout"' in received
    assert reasons(events) == ["slow_body"]


async def test_a_body_that_keeps_up_its_rate_may_take_longer(events: Recorder) -> None:
    policy = ConnectionPolicy(arrival=ArrivalPolicy(body_seconds=0.1, body_bytes_a_second=1_000))
    async with limited(events, policy) as call, call.connected() as (reader, writer):
        writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n\r\n" + b"a" * 10_000)
        status = asyncio.ensure_future(reader.readline())
        too_early, _ = await asyncio.wait([status], timeout=1.2)
        writer.write(b"z")
        received = await status

    assert (reasons(events), too_early, received) == ([], set(), b"HTTP/1.1 200 OK\r\n")


async def test_an_idle_connection_is_left_alone_and_a_kept_one_closes_in_its_time(events: Recorder) -> None:
    policy = ConnectionPolicy(arrival=QUICK, keepalive_seconds=1.0)
    async with limited(events, policy) as call, call.connected() as (reader, writer):
        began = asyncio.get_running_loop().time()
        writer.write(b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"ok")
        await until_closed(reader)
        seconds = asyncio.get_running_loop().time() - began

    assert (reasons(events), 0.9 < seconds < 5) == ([], True)


async def test_a_connection_that_never_asks_closes_as_one_that_asks_no_more(events: Recorder) -> None:
    async with (
        limited(events, ConnectionPolicy(keepalive_seconds=0.5)) as call,
        call.connected() as (reader, _),
        asyncio.timeout(5),
    ):
        left = await until_closed(reader)

    assert left == b""


async def test_an_answer_nobody_takes_is_given_up(events: Recorder) -> None:
    policy = ConnectionPolicy(answer_seconds=0.3)
    async with limited(events, policy) as call, call.connected() as (_, writer):
        writer.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        await events.wait_for(RequestRejected)

    assert reasons(events) == ["slow_reader"]


async def test_above_the_cap_a_connection_waits_until_another_ends(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy(connections=2)) as call, AsyncExitStack() as held:
        first, second = [await held.enter_async_context(call.connected()) for _ in range(2)]
        for reader, writer in (first, second):
            writer.write(b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"ok")
        async with call.connected() as (reader, writer):
            writer.write(b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
            answered = asyncio.ensure_future(reader.readuntil(b"ok"))
            waited, _ = await asyncio.wait([answered], timeout=0.2)
            first[1].close()
            received = await asyncio.wait_for(answered, 5)

    assert (waited, received.startswith(b"HTTP/1.1 200")) == (set(), True)


async def test_at_the_cap_who_has_been_idle_longest_makes_room(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy(connections=2)) as call, AsyncExitStack() as held:
        first, second = [await held.enter_async_context(call.connected()) for _ in range(2)]
        for reader, writer in (second, first):
            writer.write(b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"ok")
        async with call.connected() as (reader, writer), asyncio.timeout(10):
            writer.write(b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = await reader.readuntil(b"ok")
            left = await until_closed(second[0])

    assert (answer.startswith(b"HTTP/1.1 200"), left, reasons(events)[0]) == (True, b"", "idle")


async def test_the_answers_that_nobody_takes_have_so_much_room_in_all(events: Recorder) -> None:
    """Who has left them longest goes first; whoever takes them has no part in it."""
    policy = ConnectionPolicy(untaken_bytes=len(BIG))
    async with limited(events, policy) as call, call.connected() as (_, slow), AsyncExitStack() as held:
        slow.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        await events.wait_for(RequestFinished)
        reader, writer = await held.enter_async_context(call.connected())
        writer.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        await events.wait_for(RequestRejected)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(BIG))

    assert (reasons(events), head.startswith(b"HTTP/1.1 200"), body == BIG) == (["slow_reader"], True, True)


async def test_a_connection_s_next_request_waits_until_the_answer_before_it_is_taken(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy()) as call, call.connected() as (reader, writer):
        writer.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        await events.wait_for(RequestFinished)
        assert (await call("GET", "/ok")).status == 200
        begun = [event.route for event in events.of(RequestFinished)]
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(BIG))

    assert begun == ["/big", "/ok"]
    assert [event.route for event in events.of(RequestFinished)] == ["/big", "/ok", "/big", "/big"]


async def test_a_route_s_time_limit_is_a_504(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy()) as call:
        answer = await call("GET", "/slow")

    assert (answer.status, b"urn:mainstay:problem:timeout" in answer.body) == (504, True)


async def test_a_caller_may_ask_for_less_time(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy()) as call:
        began = asyncio.get_running_loop().time()
        received = await call.raw(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nRequest-Timeout: 0.2\r\nContent-Length: 9\r\n\r\nabc"
        )
        seconds = asyncio.get_running_loop().time() - began

    assert (received.split(b" ")[1], 0.15 < seconds < 3) == (b"504", True)


async def test_a_caller_may_not_ask_for_more_time(events: Recorder) -> None:
    async with limited(events, ConnectionPolicy()) as call:
        answer = await call("GET", "/slow", headers={"Request-Timeout": "60"})

    assert answer.status == 504


@pytest.mark.parametrize("given", ["soon", "0", "-1", "1e3", "", "nan", "1, 2", "٣"])
async def test_a_time_nobody_can_read_is_a_400(events: Recorder, given: str) -> None:
    async with limited(events, ConnectionPolicy()) as call:
        answer = await call("GET", "/ok", headers={"Request-Timeout": given})

    assert (answer.status, b'"header":"Request-Timeout"' in answer.body) == (400, True)

"""Upstreams that refuse, hang, drip, break off and lie, seen through the whole outbound stack."""

import asyncio
import gzip
import time
from collections.abc import Awaitable
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from middleware.deadlines import DEADLINE
from middleware.errors import BadGateway, Elapsed, OutcomeUnknown, Problem, Unavailable, UpstreamFailed
from middleware.outbound.attempt_timeout import CutShort, NoAnswer
from middleware.outbound.layer_policies import BreakerOpen
from middleware.outbound.upstream_policy import Throttled
from server.fake_upstream import Reply, breaking_off, json_answer, silence, status
from telemetry.events import BulkheadRejected, DependencyCalled, Retried
from tests.integration.certificates import made
from tests.integration.misbehaviour import answer_and_hang_up, drip, endless, no_answer, packed, raw_answers
from tests.integration.processes import until
from tests.integration.upstream_world import World, world

NOWHERE = "http://127.0.0.1:1"
SOON_SECONDS = 5.0
"""Far above what anything here takes, and far below what nobody would wait for."""

OK = json_answer({"n": 1})
Numbers = dict[str, int]


async def get(it: World) -> Numbers:
    return await it.payments.get("/n", expects=Numbers)


async def post(it: World) -> Numbers:
    return await it.payments.post("/n", json={}, expects=Numbers)


async def keyed(it: World) -> Numbers:
    return await it.payments.post("/n", json={}, idempotency_key="k", expects=Numbers)


async def problem(call: Awaitable[object]) -> type[Problem]:
    try:
        await call
    except Problem as raised:
        return type(raised)
    raise AssertionError("no problem at all")


def scripted(it: World, *replies: Reply) -> None:
    for method in ("GET", "POST"):
        it.fake.answers(method, "/v1/n", *replies)


@pytest.mark.parametrize(
    ("broken", "of_a_read", "of_a_write"),
    [
        (status(502), Unavailable, OutcomeUnknown),
        (status(503), Unavailable, Unavailable),
        (status(504), Unavailable, OutcomeUnknown),
        (breaking_off, Unavailable, OutcomeUnknown),
        (no_answer, Unavailable, OutcomeUnknown),
        (status(500), UpstreamFailed, UpstreamFailed),
        (status(200, body=b"no"), BadGateway, BadGateway),
    ],
)
async def test_only_what_is_safe_to_repeat_is_repeated(
    broken: Reply, of_a_read: type[Problem], of_a_write: type[Problem]
) -> None:
    async with world() as it:
        scripted(it, broken)
        attempts = 3 if of_a_read is Unavailable else 1

        assert (await problem(get(it)), len(it.asked)) == (of_a_read, attempts)
        assert (await problem(keyed(it)), len(it.asked)) == (of_a_read, 2 * attempts)
        assert (await problem(post(it)), len(it.asked)) == (of_a_write, 2 * attempts + 1)


@pytest.mark.parametrize("broken", [status(503), breaking_off, no_answer, silence])
async def test_another_try_mends_what_was_broken_once(broken: Reply) -> None:
    async with world(attempt_timeout_seconds=0.2) as it:
        it.fake.answers("POST", "/v1/n", broken, OK)

        assert await keyed(it) == {"n": 1}
        assert [event.outcome for event in it.events.of(Retried)] == ["ok"]
        assert [one.headers["Idempotency-Key"] for one in it.fake.received] == ["k", "k"]
        assert [one.body for one in it.fake.received] == [b"{}", b"{}"]


async def test_nobody_at_the_address_is_unavailable_for_a_write_too() -> None:
    async with world(url=NOWHERE) as it:
        assert [await problem(get(it)), await problem(post(it))] == [Unavailable, Unavailable]
        assert it.ends == [("read", "error", "unavailable"), ("write", "error", "unavailable")]
        assert len(it.events.of(Retried)) == 2


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        (status(503), "503"),
        (status(404), "404"),
        (breaking_off, "ClientPayloadError"),
        (no_answer, "ServerDisconnectedError"),
        (status(200, body=b"no"), "ValidationError"),
        (silence, ""),
    ],
)
async def test_what_was_behind_a_failure_is_told_to_those_who_operate(broken: Reply, cause: str) -> None:
    async with world(attempt_timeout_seconds=0.5, attempts=1) as it:
        scripted(it, broken)
        await problem(get(it))

        assert [event.cause for event in it.events.of(DependencyCalled)] == [cause]


async def test_a_name_nobody_knows_is_unavailable() -> None:
    async with world(url="http://no-such-host.invalid", attempts=1) as it:
        assert await problem(get(it)) is Unavailable


@pytest.mark.parametrize("slow", [silence, drip])
async def test_one_that_hangs_or_drips_is_given_up(slow: Reply) -> None:
    async with world(attempt_timeout_seconds=0.1, attempts=1) as it:
        scripted(it, slow)

        assert [await problem(get(it)), await problem(post(it))] == [NoAnswer, OutcomeUnknown]
        assert it.ends == [("read", "timeout", "timeout"), ("write", "timeout", "timeout")]


@pytest.mark.parametrize("slow", [silence, drip])
async def test_the_caller_s_deadline_ends_the_call(slow: Reply) -> None:
    async with world(attempt_timeout_seconds=60.0) as it:
        scripted(it, slow)
        started = time.monotonic()
        token = DEADLINE.set(started + 0.1)
        try:
            ends = [await problem(get(it)), await problem(post(it))]
        finally:
            DEADLINE.reset(token)

        assert (ends, len(it.asked) <= 1) == ([CutShort, Elapsed], True)
        assert time.monotonic() - started < SOON_SECONDS


async def test_what_a_503_says_of_coming_back_is_heeded() -> None:
    async with world(total_timeout_seconds=30.0) as it:
        scripted(it, status(503, headers={"Retry-After": "1"}), OK)
        started = time.monotonic()

        assert await get(it) == {"n": 1}
        assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize("when", ["120", formatdate(time.time() + 3_000, usegmt=True)], ids=["seconds", "date"])
@pytest.mark.parametrize(("number", "raised"), [(429, Throttled), (503, Unavailable)])
async def test_who_is_to_come_back_past_the_deadline_is_told_so_and_not_asked_again(
    number: int, raised: type[Problem], when: str
) -> None:
    async with world() as it:
        scripted(it, status(number, headers={"Retry-After": when}))

        with pytest.raises(raised) as told:
            await get(it)

        assert 60 < int(told.value.headers["Retry-After"]) <= 3_000
        assert len(it.asked) == 1


async def test_an_upstream_that_only_says_too_many_is_left_alone() -> None:
    async with world() as it:
        scripted(it, status(429))

        assert (await problem(get(it)), len(it.asked)) == (Throttled, 1)
        assert it.ends == [("read", "rejected", "overloaded")]


async def long(_request: web.Request) -> web.Response:
    return web.Response(body=b'{"n":' + b" " * 2_000_000 + b"1}")


@pytest.mark.parametrize(
    ("large", "sentence"), [(long, "larger answer"), (endless, "larger answer"), (packed, "packed answer")]
)
async def test_more_than_allowed_is_not_read(large: Reply, sentence: str) -> None:
    async with world() as it:
        scripted(it, large, OK)

        with pytest.raises(BadGateway, match=sentence):
            await get(it)

        assert await get(it) == {"n": 1}


async def test_a_packed_refusal_is_a_refusal_without_a_body() -> None:
    async with world() as it:
        scripted(it, status(500, headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"no")))

        with pytest.raises(UpstreamFailed) as failed:
            await get(it)

        assert failed.value.body == b""


async def test_a_connection_closed_between_two_calls_costs_a_reader_nothing() -> None:
    async with world() as it:
        scripted(it, OK, answer_and_hang_up(OK), OK)

        assert [await get(it) for _ in range(5)] == [{"n": 1}] * 5
        assert it.ends == [("read", "ok", "")] * 5


@pytest.mark.parametrize(
    "bytes_", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"]
)
async def test_what_is_no_http_is_a_bad_gateway(bytes_: bytes) -> None:
    async with (
        await raw_answers(bytes_) as server,
        world(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as it,
    ):
        assert await problem(get(it)) is BadGateway


async def test_a_certificate_nobody_vouches_for_is_unavailable_and_is_sent_nothing(tmp_path: Path) -> None:
    async with (
        await raw_answers(b"", under=made(tmp_path)) as server,
        world(url=f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as it,
    ):
        assert [await problem(get(it)), await problem(post(it))] == [Unavailable, Unavailable]


async def test_a_body_shorter_than_promised_is_no_answer() -> None:
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"n": 1}'
    async with (
        await raw_answers(half) as server,
        world(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as it,
    ):
        assert [await problem(get(it)), await problem(post(it))] == [Unavailable, OutcomeUnknown]


async def test_no_more_calls_are_under_way_than_there_are_permits() -> None:
    most = under_way = 0

    async def busy(request: web.Request) -> web.StreamResponse:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return await OK(request)

    async with world(reads=4, waiters_per_permit=5, wait_seconds=30.0) as it:
        scripted(it, busy)

        ends = await asyncio.gather(*(get(it) for _ in range(50)), return_exceptions=True)

        assert (most <= 4, ends.count({"n": 1})) == (True, 4 + 4 * 5)
        assert len(it.events.of(BulkheadRejected)) == 50 - 24


async def failing_four_times_in_five(it: World, calls: int) -> None:
    bad = [status(500)] * 4
    scripted(it, *[*bad, OK] * calls)
    for _ in range(calls):
        with suppress(UpstreamFailed):
            await get(it)


async def test_failures_between_good_answers_open_the_breaker() -> None:
    async with world() as it:
        with pytest.raises(BreakerOpen):
            await failing_four_times_in_five(it, 30)

        assert it.senses.breakers.states == {"payments.reads": "open", "payments.writes": "closed"}
        assert it.ends[-1] == ("read", "rejected", "breaker_open")


async def test_callers_that_leave_say_nothing_of_the_upstream() -> None:
    patient: dict[str, Any] = dict.fromkeys(
        ("slow_call_seconds", "attempt_timeout_seconds", "connect_timeout_seconds", "total_timeout_seconds"), 60.0
    )
    async with world(reads=1_000, **patient) as it:
        scripted(it, silence)
        callers = [asyncio.ensure_future(get(it)) for _ in range(1_000)]
        await until(lambda: len(it.asked) >= 100)

        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)

        scripted(it, OK)
        assert it.senses.breakers.states["payments.reads"] == "closed"
        assert await get(it) == {"n": 1}


async def test_a_fake_upstream_gives_up_what_it_would_answer_whoever_has_left() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def lasting(request: web.Request) -> web.StreamResponse:
        begun.set()
        try:
            return await silence(request)
        finally:
            ended.set()

    async with world(attempt_timeout_seconds=60.0, total_timeout_seconds=60.0) as it:
        scripted(it, lasting)
        caller = asyncio.ensure_future(get(it))
        await asyncio.wait_for(begun.wait(), 10)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)

        await asyncio.wait_for(ended.wait(), 10)


@pytest.mark.parametrize("refused", [400, 401, 404, 422])
async def test_refusals_are_answers_to_the_breaker(refused: int) -> None:
    async with world() as it:
        scripted(it, status(refused))

        for _ in range(50):
            await problem(get(it))

        assert it.senses.breakers.states["payments.reads"] == "closed"


async def test_writes_without_a_key_are_sent_once_however_they_fail() -> None:
    async with world(attempt_timeout_seconds=1.0) as it:
        it.senses.breakers.force("payments.writes", "forced_closed")
        scripted(it, *[status(503), breaking_off, no_answer, status(502), status(429)] * 20, silence)

        for _ in range(101):
            await problem(post(it))

        assert len(it.asked) == 101

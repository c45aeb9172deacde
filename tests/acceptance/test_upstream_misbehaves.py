"""The real process before an upstream that refuses, hangs, breaks off, drips and floods: what its callers see."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from statistics import median

import aiohttp
import pytest

from middleware.outbound.retry_budget import CALL_SHARE, REPEATS_PER_SECOND
from middleware.outbound.retry_budget import LIMIT as SAVED_UP
from server.fake_upstream import FakeUpstream, Reply, breaking_off, fake_upstream, json_answer, silence, status
from tests.acceptance.http_pages import Answer, Api
from tests.acceptance.relaying import SECRET, Scene, in_bunches, in_turn, relaying
from tests.integration.certificates import made
from tests.integration.misbehaviour import drip, endless, no_answer, packed, raw_answers, slow_body
from tests.ports import free_port

pytestmark = pytest.mark.alone

OK = json_answer({"left": 3})

LONG = b'{"left":' + b" " * 20_000_000 + b"1}"

CALLS = 10_000
WAITING_CALLERS = 64
"""Twice as many as may call at once: the last in line has its turn well within the second that it may wait."""
GROWTH_BYTES_AT_MOST = 60_000_000
SOON_SECONDS = 10.0
"""An upper bound for a busy machine: the breaker tries again at least once a second."""
AT_ONCE_SECONDS = 0.1
"""Likewise, for what takes milliseconds."""


@pytest.fixture(scope="module")
async def running(fast_folder: Path) -> AsyncIterator[Scene]:
    async with fake_upstream() as depot, relaying(depot, depot.url, fast_folder / "relay") as scene:
        yield scene


@pytest.fixture
async def scene(running: Scene) -> Scene:
    """The same process for all, whose upstream is well and whose breakers judge for themselves."""
    running.plays(OK)
    await running.hold_breakers("auto")
    await eventually(running, "closed")
    running.depot.received.clear()
    return running


async def level(scene: Scene) -> Answer:
    return await scene.api("GET", "/level", Request_Timeout="5")


async def order(scene: Scene, number: int = 1) -> Answer:
    return await scene.api("POST", "/orders", {"number": number}, Request_Timeout="5")


async def eventually(scene: Scene, state: str) -> None:
    """Go on calling, as callers do, until the breaker is in this state."""
    async with asyncio.timeout(SOON_SECONDS * 2):
        while await scene.breaker() != state:
            await asyncio.gather(*(level(scene) for _ in range(5)))
            await asyncio.sleep(0.01)  # without a pause a quick machine is soon told to wait


async def timed(call: Awaitable[Answer]) -> tuple[int, float]:
    started = time.monotonic()
    answer = await call
    return answer.status, time.monotonic() - started


async def test_ten_thousand_calls_that_fail_make_a_tenth_more_attempts_at_most(scene: Scene) -> None:
    await scene.hold_breakers("forced_closed")  # an open one would hide the repeats
    scene.plays(in_turn(*[status(503)] * 8, breaking_off, no_answer))
    retried = await scene.number('retries_total.*outcome="(ok|error)".*depot.reads')

    started = time.monotonic()
    seen = await in_bunches(lambda _number: level(scene), CALLS)
    seconds = time.monotonic() - started

    attempts = len(scene.depot.received)
    assert (seen.total(), seen.keys() <= {503, 504}) == (CALLS, True)  # 504: on a busy machine some take too long
    assert CALLS < attempts <= CALLS * (1 + CALL_SHARE) + SAVED_UP + seconds * REPEATS_PER_SECOND
    assert await scene.number('retries_total.*outcome="(ok|error)".*depot.reads') - retried >= attempts - CALLS


async def test_a_write_without_a_key_arrives_once_however_it_fails(scene: Scene) -> None:
    await scene.hold_breakers("forced_closed")
    scene.plays(in_turn(status(503), breaking_off, no_answer, status(502), status(500), status(429), drip, silence))

    seen = await in_bunches(lambda number: order(scene, number), 400)

    arrived = Counter(str(one.json) for one in scene.depot.received)
    assert (seen.total(), set(seen), set(arrived.values())) == (400, {502, 503}, {1})
    assert len(arrived) > 300  # but for those that a busy machine never sends


@pytest.mark.parametrize(
    "broken",
    [status(500), status(503), silence, drip, breaking_off, no_answer],
    ids=["500", "503", "hangs", "drips", "resets", "hangs up"],
)
async def test_the_breaker_opens_the_rest_goes_on_and_nobody_has_to_mend_it(scene: Scene, broken: Reply) -> None:
    scene.plays(broken)
    await eventually(scene, "open")

    refused = [await timed(level(scene)) for _ in range(100)]
    others = await in_bunches(lambda _number: scene.api("GET", "/hours"), 100)
    arrived = len(scene.depot.received)
    scene.plays(OK)
    mended = time.monotonic()
    await eventually(scene, "closed")

    assert {status for status, _ in refused} <= {502, 503, 504}
    assert median(seconds for _, seconds in refused) < AT_ONCE_SECONDS
    assert (others, arrived < 200) == ({200: 100}, True)
    assert ((await level(scene)).status, time.monotonic() - mended < SOON_SECONDS) == (200, True)


async def test_a_slow_upstream_takes_no_room_from_what_does_not_need_it(scene: Scene) -> None:
    scene.plays(slow_body)
    async with aiohttp.ClientSession(
        scene.running.base_url, connector=aiohttp.TCPConnector(limit=WAITING_CALLERS)
    ) as session:
        waiting = [asyncio.create_task(Api(session)("GET", "/level")) for _ in range(WAITING_CALLERS)]
        others = [await timed(scene.api("GET", "/hours")) for _ in range(200)]
        answers = Counter([(await answer).status for answer in waiting])

    assert Counter(status for status, _ in others) == {200: 200}
    assert median(seconds for _, seconds in others) < AT_ONCE_SECONDS
    assert answers == {200: WAITING_CALLERS}


async def test_an_authority_of_one_s_own_is_trusted_where_the_environment_names_it(
    fast_folder: Path, tmp_path: Path
) -> None:
    files = made(tmp_path)
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"left":3}'
    async with await raw_answers(answer, under=files) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with relaying(FakeUpstream(), url, fast_folder / "t", SSL_CERT_FILE=str(files.certificate)) as scene:
            assert (await level(scene)).body == {"left": 3}


async def test_an_upstream_that_was_gone_is_used_again_when_it_is_back(fast_folder: Path) -> None:
    port = free_port()
    async with relaying(FakeUpstream(), f"http://127.0.0.1:{port}", fast_folder / "gone") as scene:
        while_gone = [(await level(scene)).status, (await order(scene)).status]
        await eventually(scene, "open")
        async with fake_upstream(port=port) as back:
            back.answers("GET", "/level", OK)
            await eventually(scene, "closed")
            answer = await level(scene)

    assert (while_gone, answer.status, answer.body) == ([503, 503], 200, {"left": 3})


@pytest.mark.parametrize("huge", [status(200, body=LONG), endless, packed], ids=["long", "endless", "packed"])
async def test_floods_are_502_and_leave_the_process_as_small_as_it_was(scene: Scene, huge: Reply) -> None:
    await scene.hold_breakers("forced_closed")
    await in_bunches(lambda _number: level(scene), 100)
    before = scene.running.resident_bytes
    scene.plays(huge)

    seen = await in_bunches(lambda _number: level(scene), 100)

    assert (seen[502] > 0, seen.keys() <= {502, 504}) == (True, True)  # 504: as above
    assert scene.running.resident_bytes - before <= GROWTH_BYTES_AT_MOST


async def test_what_a_call_bears_is_for_the_upstream_alone(scene: Scene) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    scene.plays(in_turn(status(503), OK))

    answer = await scene.api(
        "GET",
        "/level",
        traceparent=f"00-{trace}-00f067aa0ba902b7-01",
        X_Request_ID="mine",
        Request_Timeout="2",
        Cookie="session=1",
    )

    sent = [one.headers for one in scene.depot.received]
    assert (answer.status, len(sent)) == (200, 2)
    assert {(one["Authorization"], one["X-Request-ID"], "Cookie" in one) for one in sent} == {
        (f"Bearer {SECRET}", "mine", False)
    }
    assert len({one["traceparent"] for one in sent if one["traceparent"][3:35] == trace}) == 2
    assert all(0 < float(one["Request-Timeout"]) <= 1 for one in sent)


async def test_the_token_is_in_nothing_the_process_says(scene: Scene) -> None:
    scene.plays(in_turn(status(500, body=SECRET.encode()), status(302, headers={"Location": f"http://{SECRET}/"})))

    async with aiohttp.ClientSession() as session:
        said = [scene.running.log.read_text()]
        for url in (
            f"{scene.running.base_url}/level",
            f"{scene.running.base_url}/level",
            f"{scene.running.base_url}/openapi.json",
            f"{scene.running.admin_url}/metrics",
            f"{scene.running.admin_url}/breakers",
        ):
            async with session.get(url) as answer:
                said += [await answer.text(), str(answer.headers)]

    assert len(scene.depot.received) == 2
    assert [text for text in said if SECRET in text or scene.depot.url in text] == []

"""The breaker of the real process before an upstream that comes back: who is let through, and what cannot wedge it."""

import asyncio
from asyncio import Task
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from middleware.outbound.layer_policies import BreakerPolicy
from server.fake_upstream import fake_upstream, json_answer, silence, status
from tests.acceptance.http_pages import Answer, Api
from tests.acceptance.relaying import Scene, in_turn, relaying
from tests.integration.processes import until
from tests.patience import until_told

OK = json_answer({"left": 3})
CALLERS = 1_000
PROBES = BreakerPolicy().probes
PATIENCE_SECONDS = 30.0
"""An upper bound for a busy machine, for what takes a second or two."""


@pytest.fixture
async def scene(fast_folder: Path) -> AsyncIterator[Scene]:
    async with fake_upstream() as depot, relaying(depot, depot.url, fast_folder / "b") as scene:
        yield scene


async def page(scene: Scene) -> Answer:
    return await scene.api("GET", "/page")


async def called_until(scene: Scene, state: str) -> None:
    """Go on calling, as callers do, until the breaker is in this state."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await scene.breaker("archive.reads") != state:
            await page(scene)


def arrivals(session: aiohttp.ClientSession) -> list[Task[Answer]]:
    return [asyncio.create_task(Api(session)("GET", "/page")) for _ in range(CALLERS)]


async def all_but_probes(waiting: list[Task[Answer]]) -> None:
    """Wait until no more than the probes may still wait for the upstream."""
    await until(lambda: sum(not one.done() for one in waiting) <= PROBES)


async def test_failures_between_good_answers_open_it(scene: Scene) -> None:
    scene.depot.answers("GET", "/page", in_turn(*[status(500)] * 4, OK))

    await called_until(scene, "open")

    assert len(scene.depot.received) < 100


async def test_of_a_thousand_arrivals_at_half_open_exactly_the_probes_reach_the_upstream(scene: Scene) -> None:
    scene.depot.answers("GET", "/page", status(500))
    await called_until(scene, "open")
    gate = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await OK(request)

    scene.depot.answers("GET", "/page", held)
    scene.depot.received.clear()
    async with aiohttp.ClientSession(scene.running.base_url, connector=aiohttp.TCPConnector(limit=CALLERS)) as session:
        waiting: list[Task[Answer]] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not scene.depot.received:  # all of those before are refused while it is open
                waiting = arrivals(session)
                await all_but_probes(waiting)
        later = arrivals(session)
        await asyncio.wait(later, timeout=PATIENCE_SECONDS)
        reached = len(scene.depot.received)
        gate.set()
        first = await asyncio.gather(*waiting)
        await called_until(scene, "closed")

    assert reached == PROBES
    assert sorted(answer.status for answer in first) == [200] * PROBES + [503] * (CALLERS - PROBES)
    assert {one.result().status for one in later} == {503}


async def test_a_probe_that_never_returns_does_not_keep_the_upstream_away(scene: Scene) -> None:
    scene.depot.answers("GET", "/level", status(500))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await scene.breaker() != "open":
            await scene.api("GET", "/level")
    scene.depot.received.clear()
    scene.depot.answers("GET", "/level", *[silence] * PROBES, OK)

    async def answers() -> bool:
        return (await scene.api("GET", "/level")).status == 200

    await until_told(answers, within_seconds=PATIENCE_SECONDS)

    assert len(scene.depot.received) > PROBES


async def test_a_thousand_callers_that_leave_say_nothing_of_the_upstream(scene: Scene) -> None:
    gate = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await OK(request)

    scene.depot.answers("GET", "/page", held)
    async with aiohttp.ClientSession(scene.running.base_url, connector=aiohttp.TCPConnector(limit=CALLERS)) as session:
        callers = arrivals(session)
        await until(lambda: len(scene.depot.received) > 0)
        for caller in callers:
            caller.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*callers, return_exceptions=True)
    state = await scene.breaker("archive.reads")
    gate.set()

    assert (state, await scene.breaker("archive.reads")) == ("closed", "closed")
    assert (await page(scene)).status == 200

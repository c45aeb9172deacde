"""The relay, running, and the upstream behind it, which a test has behave as it likes."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from aiohttp import web

from server.fake_upstream import FakeUpstream, Reply
from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import ServiceProcess, service

RELAY = Path(__file__).with_name("relay.py")
SECRET = "hunter2-canary"  # noqa: S105 - a made-up one, to be looked for
_AT_ONCE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The process, its two ports, and the upstream behind it."""

    running: ServiceProcess
    api: Api
    admin: Api
    depot: FakeUpstream

    def plays(self, reply: Reply) -> None:
        """Answer everything so from now on."""
        self.depot.answers("GET", "/level", reply)
        self.depot.answers("POST", "/orders", reply)

    async def hold_breakers(self, state: str) -> None:
        """Have all of them in this state, or judge for themselves (`auto`)."""
        for work in ("reads", "writes"):
            assert (await self.admin("PUT", f"/breakers/depot.{work}", {"state": state})).status == 200

    async def breaker(self, name: str = "depot.reads") -> str:
        """The state it is in."""
        return str((await self.admin("GET", "/breakers")).body["breakers"][name])

    async def number(self, series: str) -> float:
        """The sum of the series whose text matches."""
        async with self.admin.session.get("/metrics") as metrics:
            lines = (await metrics.text()).splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(series, line))


@asynccontextmanager
async def relaying(depot: FakeUpstream, url: str, folder: Path, **variables: str) -> AsyncIterator[Scene]:
    """Serve it until left; the depot is at `url`, `variables` are others of its environment."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {"DEPOT_URL": url, **variables}.items():
            environment.setenv(name, value)
        environment.setenv("DEPOT_TOKEN", SECRET)
        async with (
            service(RELAY, folder) as running,
            api(running.base_url) as calls,
            api(running.admin_url) as admin,
        ):
            yield Scene(running=running, api=calls, admin=admin, depot=depot)


async def in_bunches(call: Callable[[int], Awaitable[Answer]], calls: int) -> Counter[int]:
    """Make so many calls, a few of them at a time; how many had which status."""
    seen: Counter[int] = Counter()
    numbers = iter(range(calls))

    async def some() -> None:
        for number in numbers:
            seen[(await call(number)).status] += 1

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
    return seen


def in_turn(*replies: Reply) -> Reply:
    """Answer so, one after the other, and then again from the first on."""
    left = cycle(replies)

    async def reply(request: web.Request) -> web.StreamResponse:
        return await next(left)(request)

    return reply

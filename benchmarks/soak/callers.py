"""Asks for everything at once, each kind at its own pace."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from urllib.parse import urlsplit

import aiohttp

from benchmarks.cases import product_key
from benchmarks.ports import HOST
from benchmarks.soak.kinds import CREATE, KINDS, LEAVERS_PER_SECOND, LIVES_PER_SECOND, SCRAPE_SECONDS, Kind

Turn = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """All of them: each request bears another of the `tokens`, whose answers are counted."""

    session: aiohttp.ClientSession
    tokens: Sequence[str]
    port: int
    admin_port: int
    asked: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[str] = field(default_factory=Counter)
    keys: "count[int]" = field(default_factory=count)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for kind in KINDS:
                group.create_task(_at_pace(kind.per_second, partial(self._ask, kind)))
            group.create_task(_at_pace(LIVES_PER_SECOND, self._live))
            group.create_task(_at_pace(LEAVERS_PER_SECOND, self._leave))
            group.create_task(_at_pace(1 / SCRAPE_SECONDS, self._scrape))

    async def _ask(self, kind: Kind, number: int) -> None:
        path = kind.paths[number % len(kind.paths)].replace("{key}", product_key(next(self.keys)))
        headers = {"Connection": "close"} if kind.closes else {}
        await self._answered(kind, path, headers=headers)

    async def _live(self, number: int) -> None:
        headers = {"Idempotency-Key": f"soak-{number}"}
        made = Kind(name="create", per_second=0, paths=(), method="POST", status=201, body=CREATE)
        body = CREATE.replace("{unique}", str(number))
        where = await self._answered(made, "/products", headers=headers, body=body)
        if where:
            path = urlsplit(where).path
            changed = Kind(name="update", per_second=0, paths=(), method="PATCH", body='{"stock":3}')
            await self._answered(changed, path, headers={})
            removed = Kind(name="remove", per_second=0, paths=(), method="DELETE", status=204)
            await self._answered(removed, path, headers={})

    async def _answered(self, kind: Kind, path: str, *, headers: dict[str, str], body: str = "") -> str:
        """Ask once and count it; where what was made is."""
        token = self.tokens[next(self.keys) % len(self.tokens)] + kind.token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        self.asked[kind.name] += 1
        try:
            async with self.session.request(
                kind.method, path, data=body or kind.body or None, headers=headers
            ) as answer:
                await answer.read()
        except aiohttp.ClientError as error:
            self.unexpected[f"{kind.name}: {type(error).__name__}"] += 1
            return ""
        if answer.status != kind.status:
            self.unexpected[f"{kind.name}: {answer.status}"] += 1
            return ""
        return answer.headers.get("Location", "")

    async def _leave(self, number: int) -> None:
        """Half of a request, or a whole one that nobody waits for."""
        _, writer = await asyncio.open_connection(HOST, self.port)
        token = self.tokens[number % len(self.tokens)]
        request = f"GET /products HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        writer.write(request if number % 2 else request[: len(request) // 2])
        await writer.drain()
        writer.close()
        self.asked["left in the middle"] += 1

    async def _scrape(self, _number: int) -> None:
        async with self.session.get(f"http://{HOST}:{self.admin_port}/metrics") as answer:
            await answer.read()
        self.asked["scrape"] += 1


async def _at_pace(per_second: float, turn: Turn) -> None:
    """Take turns, one after another; who is late catches up."""
    loop = asyncio.get_running_loop()
    started, number = loop.time(), 0
    while True:
        await asyncio.sleep(max(0.0, started + number / per_second - loop.time()))
        await turn(number)
        number += 1

"""Callers who come at their own pace, whether or not those before them have been answered."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from tests.integration.processes import until

NO_ANSWER = 0
"""The status of a request whose connection broke off."""

_GIVE_UP_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one caller saw: when it asked (since the first one did), how long it took, what it was told."""

    asked_seconds: float
    took_seconds: float
    status: int
    retry_after: str


@dataclass(slots=True, kw_only=True)
class OpenLoop:
    """Asks for `path`, `per_second` times a second; `body` makes each a POST of it. `asked` is how often it has."""

    base_url: str
    path: str
    per_second: int
    body: Mapping[str, object] | None = None
    keeps_connections: bool = True
    asked: int = 0

    async def has_asked_for(self, seconds: float) -> None:
        """Wait until those have come who come in so long."""
        await until(lambda: self.asked >= seconds * self.per_second)

    async def __call__(self, seconds: float) -> list[Seen]:
        """Ask for so long; all that was seen, in the order of asking."""
        pace = 1 / self.per_second
        timeout = aiohttp.ClientTimeout(total=_GIVE_UP_SECONDS)
        async with aiohttp.ClientSession(
            self.base_url,
            connector=aiohttp.TCPConnector(limit=0, force_close=not self.keeps_connections),
            timeout=timeout,
        ) as session:
            start = time.monotonic()
            tasks = []
            for number in range(int(seconds * self.per_second)):
                while (early := start + number * pace - time.monotonic()) > 0:  # noqa: ASYNC110 - time is the condition
                    await asyncio.sleep(early)
                tasks.append(asyncio.create_task(self._ask(session, start, number=number)))
                self.asked += 1
            return await asyncio.gather(*tasks)

    async def _ask(self, session: aiohttp.ClientSession, start: float, *, number: int) -> Seen:
        method = "GET" if self.body is None else "POST"
        body = None if self.body is None else {**self.body, "sku": f"LOOP-{number}"}
        asked = time.monotonic()
        try:
            async with session.request(method, self.path, json=body) as answer:
                await answer.read()
                status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except aiohttp.ClientError:
            status, retry_after = NO_ANSWER, ""
        return Seen(
            asked_seconds=asked - start,
            took_seconds=time.monotonic() - asked,
            status=status,
            retry_after=retry_after,
        )


def statuses(seen: Sequence[Seen]) -> set[int]:
    """Every status there was."""
    return {one.status for one in seen}


def quantile_seconds(seen: Sequence[Seen], share: float) -> float:
    """How long that share of the callers waited at most; 0 where nobody called."""
    waits = sorted(one.took_seconds for one in seen)
    return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0

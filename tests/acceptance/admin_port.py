"""What the admin port of a running service tells, number by number."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp

_LOOK_SECONDS = 0.05


async def numbers(session: aiohttp.ClientSession, name: str) -> list[float]:
    """The values of all series whose text begins with `name`."""
    async with session.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return [float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)]


@asynccontextmanager
async def watched(admin_url: str, name: str) -> AsyncIterator[list[float]]:
    """Look at the sum of some series until left; what it was each time, and at the end once more."""
    found: list[float] = []
    async with aiohttp.ClientSession(admin_url) as session:

        async def look() -> None:
            while True:
                found.append(sum(await numbers(session, name)))
                await asyncio.sleep(_LOOK_SECONDS)

        looking = asyncio.create_task(look())
        try:
            yield found
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            found.append(sum(await numbers(session, name)))

"""Waiting for what Prometheus finds."""

import asyncio

import aiohttp

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1


async def until_found(prometheus: str, query: str) -> None:
    """Wait until a query finds something; raises TimeoutError where it does not for a minute."""
    async with asyncio.timeout(_PATIENCE_SECONDS), aiohttp.ClientSession(prometheus) as session:
        while not await _found(session, query):  # noqa: ASYNC110 - it announces nothing
            await asyncio.sleep(_LOOK_SECONDS)


async def _found(session: aiohttp.ClientSession, query: str) -> bool:
    async with session.get("/api/v1/query", params={"query": query}) as answer:
        return bool((await answer.json())["data"]["result"])

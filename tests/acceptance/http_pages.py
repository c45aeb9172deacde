"""Asks a running service in HTTP, and walks through its lists as a caller would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, read to its end; `body` is its JSON, None where it has none."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Api:
    """A service's API at one address."""

    session: aiohttp.ClientSession

    async def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, path, json=body, headers=sent) as response:
            found = await response.json(content_type=None) if response.content_length else None
            return Answer(status=response.status, body=found)

    async def walk(self, path: str) -> AsyncIterator[list[Record]]:
        """Every page of a list, along the cursors."""
        cursor = ""
        while True:
            answer = await self("GET", f"{path}{cursor and f'&cursor={cursor}'}")
            assert answer.status == 200, answer.body
            yield answer.body["items"]
            cursor = answer.body["next"]
            if cursor is None:
                return

    async def count(self, path: str) -> int:
        """How many records a list has."""
        answer = await self("GET", f"{path}?limit=1", Prefer="count=exact")
        return int(answer.body["total"])


@asynccontextmanager
async def api(base_url: str) -> AsyncIterator[Api]:
    """Speak to the service at an address until left."""
    async with aiohttp.ClientSession(base_url) as session:
        yield Api(session)

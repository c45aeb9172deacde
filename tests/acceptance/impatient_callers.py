"""Callers who ask again the moment they are answered, however they are answered."""

import asyncio
from asyncio import StreamReader
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Flood:
    """What they were told: statuses, and the headers of the last refusal, its names in small letters."""

    statuses: Counter[int] = field(default_factory=Counter)
    refusal: dict[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """How many were told 503."""
        return self.statuses[503]


@asynccontextmanager
async def flood(port: int, path: str, *, callers: int) -> AsyncIterator[Flood]:
    """Have so many ask at once, each over its own connection, until left."""
    found = Flood()
    tasks = [asyncio.create_task(_ask_again(port, path, found)) for _ in range(callers)]
    try:
        yield found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        assert task.cancelled(), task.exception()


async def _ask_again(port: int, path: str, found: Flood) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            writer.write(request)
            status, headers = await _answer(reader)
            found.statuses[status] += 1
            if status == 503:
                found.refusal = headers
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _answer(reader: StreamReader) -> tuple[int, dict[str, str]]:
    opening, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    fields = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in fields}
    await reader.readexactly(int(headers["content-length"]))
    return int(opening.split()[1]), headers

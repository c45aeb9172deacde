"""How connections that stay open are spread over processes, each of which answers with its number."""

import asyncio
from collections import Counter
from collections.abc import Sequence

CONNECTIONS = 48
_ASK = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_LOOK_SECONDS = 0.005


async def spread(port: int, *, workers: int, apart: bool) -> Sequence[int]:
    """How many of the connections each process has, the most first; opened all at once, or each after an answer."""
    opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    if apart:
        answers = []
        for _ in range(CONNECTIONS):
            opened.append(await asyncio.open_connection("127.0.0.1", port))
            answers.append(await _answer(*opened[-1]))
    else:
        opened += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)))
        answers = await asyncio.gather(*(_answer(reader, writer) for reader, writer in opened))
    for _, writer in opened:
        writer.close()
    found = sorted(Counter(answers).values(), reverse=True)
    return [*found, *[0] * (workers - len(found))]


async def until_all_answer(port: int, *, workers: int, within_seconds: float = 60.0) -> None:
    """Wait until each process has answered once."""
    seen: set[str] = set()
    async with asyncio.timeout(within_seconds):
        while len(seen) < workers:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                seen.add(await _answer(reader, writer))
                writer.close()
            except OSError:
                await asyncio.sleep(_LOOK_SECONDS)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    writer.write(_ASK)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next(int(line.partition(":")[2]) for line in head.splitlines() if line.startswith("content-length"))
    return (await reader.readexactly(length)).decode()

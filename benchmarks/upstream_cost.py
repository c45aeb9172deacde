"""What a call to an upstream costs beside the same call made by aiohttp alone, in µs of the caller's CPU.

Run it with `python -m benchmarks.upstream_cost`; figures are medians of several rounds of one process, in turns.
The upstream is a process of its own that answers every request with the same bytes.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import uvloop
from pydantic import BaseModel

from middleware.outbound.layer import Senses
from server.service import Upstream
from server.upstreams.destination import destination
from server.upstreams.upstream_calls import UpstreamCalls
from server.upstreams.upstream_client import UpstreamClient
from telemetry.context import Identifier
from telemetry.events import Event

CALLS = 2_000
ROUNDS = 11
BODY = b'{"id": "ch_1", "amount": "9.50"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)

Calling = Callable[[], Awaitable[object]]


class Receipt(BaseModel):
    id: str
    amount: Decimal


def unobserved(_event: Event) -> None:
    """Nobody listens."""


async def serve() -> None:
    """Answer until the other side closes our standard input."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write(ANSWER)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@asynccontextmanager
async def upstream_process() -> AsyncIterator[str]:
    """Run `serve` in a process of its own; its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.upstream_cost", "serve"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


async def cpu_micros(call: Calling) -> float:
    """CPU time of one call."""
    started = time.process_time()
    for _ in range(CALLS):
        await call()
    return (time.process_time() - started) / CALLS * 1e6


async def main() -> None:
    """Print the table."""
    identify = Identifier()
    declared = Upstream("payments", base_url_env="PAYMENTS_URL")
    async with upstream_process() as url, aiohttp.ClientSession(auto_decompress=False) as session:
        client = UpstreamClient(declared, destination(url), senses=Senses(observe=unobserved))
        payments = UpstreamCalls(client, identify())

        async def alone() -> object:
            async with session.get(f"{url}/charges/1", allow_redirects=False) as response:
                return Receipt.model_validate_json(await response.read())

        async def layered() -> object:
            return await payments.get("/charges/{id}", values={"id": 1}, expects=Receipt)

        calls: dict[str, Calling] = {"aiohttp alone": alone, "through the layers": layered}
        seen: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                seen[name].append(await cpu_micros(call))
        await client.close()
    for name, found in seen.items():
        print(f"{name:<24}{statistics.median(found):8.1f} µs a call")


if __name__ == "__main__":
    uvloop.run(serve() if "serve" in sys.argv[1:] else main())

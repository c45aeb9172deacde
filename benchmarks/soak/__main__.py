"""`python -m benchmarks.soak`: load a server with everything at once for a while, sample its memory, draw it."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.contestant import Contestant, Launch, Place
from benchmarks.contestants import mainstay
from benchmarks.cores import take_the_rest
from benchmarks.loopback_servers import loopback_servers
from benchmarks.machine import machine
from benchmarks.ports import free_port
from benchmarks.products import make_products, postgres_version
from benchmarks.server_process import ServerProcess, running
from benchmarks.soak.callers import Callers
from benchmarks.soak.found import Found, Sample, read, write
from benchmarks.soak.sketch import PICTURE, svg
from benchmarks.token import signed_token

CALLERS = 500
SAMPLE_SECONDS = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or with --render draw the last run anew; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (default: 30)")
    parser.add_argument("--render", action="store_true", help="measure nothing: draw the last run anew")
    asked = parser.parse_args(arguments)
    if not asked.render:
        write(uvloop.run(_measured(asked.minutes * 60)))
    found = read()
    PICTURE.write_text(svg(found))
    print(f"{found.per_second:.0f} requests a second for {found.minutes:.0f} minutes: {dict(found.asked)}")
    print(f"not answered as they should be: {dict(found.unexpected)}")
    print(
        f"{found.samples[-1].resident_megabytes:.0f} MB; {found.megabytes_an_hour:+.1f} MB an hour in the second half"
    )
    return 0


async def _measured(seconds: float) -> Found:
    cores, admin_port = take_the_rest(), free_port()
    with tempfile.TemporaryDirectory(prefix="mainstay-soak-") as name:
        async with loopback_servers(Path(name, "servers")) as endpoints:
            postgres = await postgres_version(endpoints.postgres_dsn)
            await make_products(endpoints.postgres_dsn)
            contestant = _scraped(admin_port)
            async with running(contestant, endpoints, core=cores.server, log=Path(name, "log")) as server:
                callers, samples = await _loaded(server, admin_port, seconds=seconds)
    return Found(
        machine=machine(contestant.libraries, postgres=postgres, generator="own"),
        asked=dict(callers.asked),
        unexpected=dict(callers.unexpected),
        samples=samples,
    )


async def _loaded(server: ServerProcess, admin_port: int, *, seconds: float) -> tuple[Callers, Sequence[Sample]]:
    tokens = [signed_token(f"caller-{number}") for number in range(CALLERS)]
    async with aiohttp.ClientSession(server.url) as session:
        callers = Callers(
            session=session,
            tokens=tokens,
            port=server.port,
            admin_port=admin_port,
            asked=Counter(),
            unexpected=Counter(),
        )
        asking = asyncio.create_task(callers.run())
        try:
            return callers, await _samples(server, seconds=seconds, asking=asking)
        finally:
            asking.cancel()
            await asyncio.wait([asking])


async def _samples(server: ServerProcess, *, seconds: float, asking: "asyncio.Task[None]") -> Sequence[Sample]:
    """One each ten seconds; raises what ended the asking, if anything has."""
    samples: list[Sample] = []
    started = time.monotonic()
    while True:
        elapsed_seconds = time.monotonic() - started
        resident_megabytes = round(server.resident_now_megabytes(), 2)
        samples.append(
            Sample(
                seconds=round(elapsed_seconds, 1),
                resident_megabytes=resident_megabytes,
                cpu_seconds=server.cpu_seconds(),
            )
        )
        if elapsed_seconds >= seconds:
            return samples
        await asyncio.wait([asking], timeout=SAMPLE_SECONDS)
        if asking.done():
            await asking


def _scraped(admin_port: int) -> Contestant:
    """Mainstay as it comes, with an admin port that is known."""

    def launch(place: Place) -> Launch:
        usual = mainstay.CONTESTANT.launch(place)
        return replace(usual, environment={**usual.environment, "MAINSTAY_ADMIN_PORT": str(admin_port)})

    return replace(mainstay.CONTESTANT, launch=launch)


if __name__ == "__main__":
    sys.exit(main())

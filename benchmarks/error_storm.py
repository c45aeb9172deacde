"""What a thousand bugs a second do to the event loop: how late it is, and whether each bug's report is accounted for.

Run it with `python -m benchmarks.error_storm 2>/dev/null`, as each bug is a line of the log too. A service over the
embedded Postgres and Valkey answers callers who come so many times a second, whether answers come or not, and each of
whom meets a bug; reports go to a Sentry that takes them. Callers and Sentry are processes of their own.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvloop
from aiohttp import ClientSession, TCPConnector, web

from server import ANYONE, Route, Service
from server.testing import ServedService, served

BUGS_A_SECOND = 1_000
SECONDS = 10
KINDS = 40
"""Places in the code that fail: more than are reported at once."""

LOOK_SECONDS = 0.005
CONNECTIONS = 64
_SELF = "benchmarks.error_storm"
_numbers = itertools.count()


_BUGS = [type(f"Bug{number}", (RuntimeError,), {}) for number in range(KINDS)]
"""The kind of a bug is told by its type. They are made once: a class made and thrown away costs more than a request."""


def _broken(number: int) -> None:
    """A bug of one kind after another."""
    raise _BUGS[number % KINDS]("a bug")


async def bug(_request: web.Request) -> None:
    """Fail."""
    _broken(next(_numbers))


SERVICE = Service(name="storm", resources=[], routes=[Route("GET", "/bug", bug, access=ANYONE)])


async def _lateness(service: ServedService, found: list[float]) -> None:
    while True:
        service.events.forget()  # which no service keeps but one in a test
        due = time.perf_counter() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        found.append(time.perf_counter() - due)


async def _total(service: ServedService, name: str) -> Mapping[str, int]:
    """The values of a metric's series, by what stands in their braces."""
    async with ClientSession() as session, session.get(f"{service.admin_url}/metrics") as answer:
        lines = [line for line in (await answer.text()).splitlines() if line.startswith(name)]
    return {line.partition(" ")[0].removeprefix(name): int(float(line.rpartition(" ")[2])) for line in lines}


@asynccontextmanager
async def _sink() -> AsyncIterator[str]:
    """A Sentry that takes everything, as a process; its DSN."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", _SELF, "--sink", stdout=PIPE)
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def _measure() -> None:
    async with _sink() as dsn, served(SERVICE, sentry_dsn=dsn) as service:
        late: list[float] = []
        watching = asyncio.create_task(_lateness(service, late))
        callers = await asyncio.create_subprocess_exec(sys.executable, "-m", _SELF, "--call", service.url)
        await callers.wait()
        watching.cancel()
        thrown = sum((await _total(service, "app_exceptions_total")).values())
        reports = await _total(service, "sentry_events_total")
    p99 = statistics.quantiles(late, n=100)[98]
    print(
        f"{thrown} bugs in {SECONDS} s; the loop was late by {p99 * 1000:.1f} ms at p99, {max(late) * 1000:.1f} at most"
    )
    print(f"reports: {reports}; accounted for: {sum(reports.values())} of {thrown}")


async def _take_reports() -> None:
    """Be a Sentry, and say where; until ended."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/api/1/envelope/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://key@127.0.0.1:{runner.addresses[0][1]}/1", flush=True)
    await asyncio.Event().wait()


async def _call(url: str) -> None:
    """Come so many times a second."""
    async with ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session, asyncio.TaskGroup() as group:

        async def once() -> None:
            async with session.get(f"{url}/bug") as answer:
                await answer.read()

        began = time.perf_counter()
        come = 0
        while come < BUGS_A_SECOND * SECONDS:
            due = min(BUGS_A_SECOND * SECONDS, int((time.perf_counter() - began) * BUGS_A_SECOND))
            for _ in range(come, due):
                group.create_task(once())
            come = due
            await asyncio.sleep(1 / BUGS_A_SECOND)


def main() -> None:
    """Measure, or be one of those that it takes."""
    parser = argparse.ArgumentParser(prog=f"python -m {_SELF}", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--call", metavar="URL", help=argparse.SUPPRESS)
    told = parser.parse_args()
    uvloop.run(_take_reports() if told.sink else _call(told.call) if told.call else _measure())


if __name__ == "__main__":
    main()

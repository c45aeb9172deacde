"""Measures Mainstay with one, two and four workers."""

import asyncio
import re
import resource
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from benchmarks.environment import environment_with
from benchmarks.server_process import ServerFailed
from benchmarks.workers.found import Serving
from benchmarks.workers.used import cpu_seconds, descendants
from benchmarks.workers.wrk import wrk

WORKERS = (1, 2, 4)
CASES = ("ping", "read")
_SERVICE = Path(__file__).parents[1] / "service.py"
_COMMAND = Path(sys.executable).with_name("mainstay")
_API = re.compile(rb"  API +(\S+)")
_WARM_SECONDS, _SECONDS = 1, 4
_MEGABYTE_KILOBYTES = 1_024


async def measured_workers() -> Sequence[Serving]:
    """For each number of workers, one after the other."""
    found: list[Serving] = []
    for workers in WORKERS:
        found += await _round(workers)
        print("\n".join(f"{one.case}, {workers}: {one.worker_microseconds} µs" for one in found[-2:]), flush=True)
    return sorted(found, key=lambda one: CASES.index(one.case))


async def _round(workers: int) -> Sequence[Serving]:
    """Requests that only pass the layers, and reads of a record."""
    async with _served(workers) as (process, url):
        addresses = dict(zip(CASES, ("/ping", await _product(url)), strict=True))
        return [await _measured(process, f"{url}{address}", case=case) for case, address in addresses.items()]


async def _measured(process: Process, url: str, *, case: str) -> Serving:
    workers, everything = _workers(process.pid), descendants(process.pid)
    await wrk(url, seconds=_WARM_SECONDS)
    used, all_used, began = cpu_seconds(workers), cpu_seconds(everything) + _callers_seconds(), time.monotonic()
    ran = await wrk(url, seconds=_SECONDS)
    took, spent = time.monotonic() - began, cpu_seconds(workers) - used
    all_spent = cpu_seconds(everything) + _callers_seconds() - all_used
    requests = ran.per_second * _SECONDS
    return Serving(
        case=case,
        workers=len(workers),
        per_second=ran.per_second,
        refused_ratio=ran.refused_ratio,
        p99_milliseconds=ran.p99_milliseconds,
        worker_cores=round(spent / took, 2),
        worker_microseconds=round(spent / requests * 1e6, 1),
        all_microseconds=round(all_spent / requests * 1e6, 1),
        resident_megabytes=[_megabytes(pid, "Rss") for pid in workers],
        own_megabytes=[_own_megabytes(pid) for pid in workers],
        supervisor_megabytes=_megabytes(process.pid, "Rss"),
    )


@asynccontextmanager
async def _served(workers: int) -> AsyncIterator[tuple[Process, str]]:
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        settings = {"PORT": "0", "ADMIN_PORT": "0", "DATA_DIR": f"{folder}/data", "LOG_LEVEL": "error"}
        process = await asyncio.create_subprocess_exec(
            *(str(_COMMAND), "serve", str(_SERVICE), "--workers", str(workers)),
            env=environment_with({f"MAINSTAY_{name}": value for name, value in settings.items()}),
            stdout=PIPE,
            stderr=DEVNULL,
        )
        try:
            yield process, await _url(process)
        finally:
            process.terminate()
            await process.wait()


async def _url(process: Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        match = _API.match(line)
        if match:
            return match[1].decode()
    raise ServerFailed("Mainstay did not start.")


async def _product(url: str) -> str:
    """The address of a new product."""
    body = {"sku": "ABC-1", "name": "chair", "price": "9.90"}
    async with aiohttp.ClientSession(url) as client, client.post("/products", json=body) as answer:
        return answer.headers["Location"].removeprefix(url)


def _workers(pid: int) -> Sequence[int]:
    return [one for one in descendants(pid) if b"worker_entry" in Path(f"/proc/{one}/cmdline").read_bytes()]


def _callers_seconds() -> float:
    """What wrk has used so far, each time it ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _own_megabytes(pid: int) -> float:
    return round(_megabytes(pid, "Private_Clean") + _megabytes(pid, "Private_Dirty"), 1)


def _megabytes(pid: int, what: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))
    return round(kilobytes / _MEGABYTE_KILOBYTES, 1)

"""Runs wrk and reads what it prints."""

import asyncio
import re
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.load import LoadFailed
from benchmarks.workers.spread import CONNECTIONS

_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What it saw: good answers a second, what part of all was none, and how long 99 of 100 took at most."""

    per_second: float
    refused_ratio: float
    p99_milliseconds: float


async def wrk(url: str, *, seconds: int, headers: Sequence[str] = ()) -> Ran:
    """Ask over 48 connections for so long, one request at a time on each; raises LoadFailed."""
    options = [word for header in headers for word in ("-H", header)]
    process = await asyncio.create_subprocess_exec(
        *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *options, url), stdout=PIPE
    )
    output, _ = await process.communicate()
    return ran_in(output.decode())


def ran_in(output: str) -> Ran:
    """Read it; raises LoadFailed where it is nothing that wrk prints after a run."""
    every = re.search(r"([\d]+) requests in ([\d.]+)s", output)
    p99 = re.search(r"99% *([\d.]+)(us|ms|s)", output)
    if every is None or p99 is None:
        raise LoadFailed(output)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    requests, bad = int(every[1]), 0 if refused is None else int(refused[1])
    return Ran(
        per_second=round((requests - bad) / float(every[2]), 1),
        refused_ratio=round(bad / requests, 4),
        p99_milliseconds=round(float(p99[1]) * _MILLISECONDS[p99[2]], 3),
    )

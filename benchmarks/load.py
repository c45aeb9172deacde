"""Who makes the requests: wrk where it is installed, otherwise a generator of our own; one at a time, no pipelining."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cases import PRODUCT_KEY, PRODUCTS, STRIDE, Case
from benchmarks.token import signed_token

CONNECTIONS = 48
"""Requests under way at once: enough to keep one core busy, several times a contestant's connections to Postgres."""

_GRACE_SECONDS = 20
"""A generator that has not ended this long after its time never will."""

_SCRIPT = Path(__file__).with_name("wrk.lua")


class LoadFailed(Exception):  # noqa: N818 - it says what happened
    """The generator failed, or some requests were not answered as they should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One stretch of requests: where to, for how long; `word` is in every `{unique}` of it and in no other's, `token`
    is every request's credential.
    """

    url: str
    case: Case
    seconds: int
    word: str
    token: str = field(default_factory=signed_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of it; latencies as the generator saw them."""

    requests: int
    seconds: float
    p50_milliseconds: float
    p99_milliseconds: float


def generator_name() -> str:
    """`wrk` or `own`."""
    return "wrk" if shutil.which("wrk") else "own"


async def run_load(load: Load) -> Loaded:
    """Make requests for a while; raises LoadFailed."""
    command = _wrk(load) if generator_name() == "wrk" else _own(load)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(load.seconds + _GRACE_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError as error:
        process.kill()
        raise LoadFailed(f"{command[0]} did not end.") from error
    if process.returncode != 0:
        raise LoadFailed(f"{command[0]} ended with {process.returncode}: {errors.decode()}")
    return loaded(output.decode(), load)


def loaded(output: str, load: Load) -> Loaded:
    """Read the JSON line that either generator ends with."""
    told = json.loads(output.strip().rpartition("\n")[2])
    if told["failures"]:
        word = f"such as {told['unexpected']}" if told["unexpected"] else "without an answer"
        raise LoadFailed(f"{load.case.name} at {load.url}: {told['failures']} of {told['requests']} failed, {word}")
    return Loaded(
        requests=told["requests"],
        seconds=told["seconds"],
        p50_milliseconds=told["p50_milliseconds"],
        p99_milliseconds=told["p99_milliseconds"],
    )


def _wrk(load: Load) -> Sequence[str]:
    case = load.case
    options = ("-t1", f"-c{CONNECTIONS}", f"-d{load.seconds}s", "--timeout", "5s", "-s", str(_SCRIPT))
    asked = (case.method, case.path, case.body, str(case.status), load.word, load.token)
    products = (PRODUCT_KEY, str(PRODUCTS), str(STRIDE))
    return ("wrk", *options, load.url, "--", *asked, *products)


def _own(load: Load) -> Sequence[str]:
    module = "benchmarks.own_load"
    numbers = (str(load.seconds), str(CONNECTIONS))
    return (sys.executable, "-m", module, load.url, load.case.name, *numbers, load.word, load.token)

"""`python -m tests.fleet`: prints what callers noticed; exits 1 where a request failed that had not to be lost."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from storage.embedded import EmbeddedStorage
from tests.acceptance.balancer import balancer
from tests.acceptance.fleet import NAMES, Fleet, fleet
from tests.fleet.trial import Trial, hang_each, kill_each, replace_all, under_load
from tests.integration.fast_folder import make_fast_folder
from tests.recorder import Recorder

ROUNDS = 3
_SPREAD_REQUESTS = 1_400
_HEAD = """\
| what happened | requests | not answered | out within | back after | p50 / p99 |
|---|---:|---:|---:|---:|---:|"""
_SPREAD_HEAD = """
| strategy | shop-1 has | shop-1 | shop-2 | shop-3 | p99 |
|---|---|---:|---:|---:|---:|"""


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def disturbed(folder: Path, running: Fleet) -> list[Trial]:
    """Each thing that may happen to replicas, under load: rows of a table."""
    trials = []
    async with balancer(folder, running.variables) as haproxy:
        for name, happens, times in (
            (f"all replaced in turn, {ROUNDS} times", replace_all, ROUNDS),
            ("each killed once (SIGKILL)", kill_each, 1),
            ("each hung once (SIGSTOP)", hang_each, 1),
        ):
            async with under_load(haproxy, name) as trial:
                for _ in range(times):
                    await happens(running, haproxy, trial)
            say(trial.line())
            trials.append(trial)
    return trials


async def spread(folder: Path, running: Fleet, strategy: str, *, is_starved: bool) -> str:
    """How a strategy spreads requests, one replica perhaps having a fifth of its time: a row of a table."""
    async with AsyncExitStack() as held:
        told: Mapping[str, str] = {**running.variables, "BALANCER_STRATEGY": strategy}
        haproxy = await held.enter_async_context(balancer(folder, told))
        if is_starved:
            await held.enter_async_context(running.replicas[NAMES[0]].starved())
        async with under_load(haproxy, strategy) as trial:
            await haproxy.until(lambda found: sum(one.served for one in found.values()) >= _SPREAD_REQUESTS)
        standings = await haproxy.standings()
    total = sum(standings[name].served for name in NAMES)
    shares = (f"{standings[name].served / total:.0%} at {standings[name].weight}" for name in NAMES)
    waits = sorted(call.took_seconds for call in trial.calls)
    slow = f"{waits[int(len(waits) * 0.99)] * 1_000:.0f} ms"
    return f"| `{strategy}` | {'a fifth of its time' if is_starved else 'all'} | {' | '.join(shares)} | {slow} |"


async def main() -> int:
    """Run all of it; whether every request was answered that had not to be lost with a replica."""
    with make_fast_folder() as folder:
        (folder / "fleet").mkdir()
        async with (
            EmbeddedStorage(folder / "storage", observe=Recorder()) as found,
            fleet(folder / "fleet", POSTGRES_DSN=found.postgres_dsn, REDIS_URL=found.redis_url) as running,
        ):
            say(_HEAD)
            trials = await disturbed(folder, running)
            say(_SPREAD_HEAD)
            for strategy in ("roundrobin", "leastconn"):
                for is_starved in (False, True):
                    say(await spread(folder, running, strategy, is_starved=is_starved))
    return 0 if all(trial.is_as_promised for trial in trials) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

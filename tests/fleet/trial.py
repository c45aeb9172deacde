"""One thing that happens to the replicas while callers ask, and what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.acceptance.balancer import Balancer
from tests.acceptance.fleet import Fleet
from tests.acceptance.mixed_callers import Call, Mix, MixedCallers, failures

MIX = Mix(per_second=200, keyed_writes=0.25, bare_writes=0.1)
_WARM_UP_REQUESTS = 400


@dataclass(slots=True, kw_only=True)
class Trial:
    """What happened to whom, and what was seen of it."""

    name: str
    calls: Sequence[Call] = ()
    lost_at: list[float] = field(default_factory=list)
    """When a process was lost, on the monotonic clock."""

    out_seconds: list[float] = field(default_factory=list)
    """From each loss until the balancer sent the replica nothing more."""

    back_seconds: list[float] = field(default_factory=list)
    """From each replica's being up until it was sent requests again."""

    def line(self) -> str:
        """A row of a table."""
        waits = sorted(call.took_seconds for call in self.calls)
        failed = ", ".join(f"{count} {kind} ({status} {problem})" for (kind, status, problem), count in self.failed())
        cells = (
            self.name,
            f"{len(self.calls):,}",
            failed or "0",
            _largest(self.out_seconds),
            _largest(self.back_seconds),
            f"{waits[len(waits) // 2] * 1_000:.0f} / {waits[int(len(waits) * 0.99)] * 1_000:.0f} ms",
        )
        return f"| {' | '.join(cells)} |"

    def failed(self) -> Sequence[tuple[tuple[str, int, str], int]]:
        """What callers did not get, by what they wanted and were told, and how often."""
        return list(failures(self.calls).items())

    @property
    def is_as_promised(self) -> bool:
        """Whether all were answered but those that were under way on a process that was lost and cannot be repeated."""
        spared = [call for call in self.calls if not any(call.is_lost_with(instant) for instant in self.lost_at)]
        return not failures(spared)


@asynccontextmanager
async def under_load(haproxy: Balancer, name: str) -> AsyncIterator[Trial]:
    """Ask from a while before until the block is left and all have been answered."""
    trial = Trial(name=name)
    callers = MixedCallers(base_url=haproxy.base_url, mix=MIX)
    calling = asyncio.create_task(callers())
    await callers.have_asked(_WARM_UP_REQUESTS)
    yield trial
    callers.is_over.set()
    trial.calls = await calling


async def replace_all(fleet: Fleet, haproxy: Balancer, trial: Trial) -> None:
    """Restart one after the other, as a deployment does."""
    for name, replica in fleet.replicas.items():
        await replica.restart()
        trial.back_seconds.append(await _until_up(haproxy, name))


async def kill_each(fleet: Fleet, haproxy: Balancer, trial: Trial) -> None:
    """End each once by SIGKILL, and start it again."""
    for name, replica in fleet.replicas.items():
        began = time.monotonic()
        trial.lost_at.append(began)
        await replica.kill()
        trial.out_seconds.append(await _until_out(haproxy, name, began))
        await replica.start()
        trial.back_seconds.append(await _until_up(haproxy, name))


async def hang_each(fleet: Fleet, haproxy: Balancer, trial: Trial) -> None:
    """Stop each once by SIGSTOP until the balancer has noticed, and let it go on."""
    for name, replica in fleet.replicas.items():
        began = time.monotonic()
        with replica.paused():
            trial.out_seconds.append(await _until_out(haproxy, name, began))
        trial.back_seconds.append(await _until_up(haproxy, name))


async def _until_out(haproxy: Balancer, name: str, began: float) -> float:
    await haproxy.until(lambda found: not found[name].is_up)
    return time.monotonic() - began


async def _until_up(haproxy: Balancer, name: str) -> float:
    began = time.monotonic()
    await haproxy.until(lambda found: found[name].is_up)
    return time.monotonic() - began


def _largest(seconds: Sequence[float]) -> str:
    return f"{max(seconds):.2f} s" if seconds else ""

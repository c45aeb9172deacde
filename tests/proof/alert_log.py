"""Which alerts fire, seen by asking Prometheus again and again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from tests.proof.alert_names import name_of
from tests.proof.paces import ALWAYS

LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of a job, from when to when; still firing where there is no end."""

    job: str
    alert: str
    began: float
    ended: float | None = None


@dataclass(slots=True)
class AlertLog:
    """All that has fired, in seconds of the monotonic clock."""

    url: str
    ended: list[Fired] = field(default_factory=list)
    firing: dict[tuple[str, str], float] = field(default_factory=dict)
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, job: str, *, since: float) -> dict[str, float]:
        """When each alert of a job first fired since then, or that it did already then."""
        found: dict[str, float] = {}
        for one in [*self.ended, *(Fired(job_, alert, began) for (job_, alert), began in self.firing.items())]:
            if one.job == job and (one.ended is None or one.ended > since):
                found[one.alert] = min(found.get(one.alert, one.began), one.began)
        return found

    def is_firing(self, job: str, alerts: Collection[str]) -> set[str]:
        """Those of these that fire now."""
        return {alert for alert in alerts if (job, alert) in self.firing}

    def is_calm(self, jobs: Collection[str]) -> bool:
        """Whether the alerts of all these jobs are evaluated, and only those fire that always do."""
        return self.firing.keys() == {(job, alert) for job in jobs for alert in ALWAYS}

    async def until(self, holds: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until it does, so long at most; whether it does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds():
                    await self.looked.wait()
        return holds()

    async def watch(self) -> None:
        """Look until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                async with session.get(f"{self.url}/api/v1/alerts") as answer:
                    told = (await answer.json())["data"]["alerts"]
                now = time.monotonic()
                firing = {
                    (one["labels"].get("service", ""), name_of(one["labels"]))
                    for one in told
                    if one["state"] == "firing"
                }
                for key in self.firing.keys() - firing:
                    self.ended.append(Fired(*key, self.firing.pop(key), now))
                for key in firing - self.firing.keys():
                    self.firing[key] = now
                self.looked.set()
                self.looked = asyncio.Event()
                await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def alert_log(prometheus: str) -> AsyncIterator[AlertLog]:
    """A log of what a Prometheus fires, kept until left."""
    log = AlertLog(prometheus)
    watching = asyncio.create_task(log.watch())
    try:
        yield log
    finally:
        watching.cancel()
        await asyncio.wait([watching])

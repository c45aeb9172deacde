"""One run of the proof: everything is served, nothing may fire for a while, then lane by lane the faults."""

import asyncio
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.acceptance.payments_program import sandbox
from tests.acceptance.service_process import key
from tests.integration.certificates import made
from tests.otlp_sink import otlp_sink
from tests.pictures.asking import Prometheus, Span
from tests.proof.alert_log import AlertLog, alert_log
from tests.proof.bench import Bench, Outcome, prove, silence, together
from tests.proof.boards import Board, Watched
from tests.proof.changes import Moments
from tests.proof.episodes import episodes
from tests.proof.fault import Fault
from tests.proof.paces import alerts_of, rule_files
from tests.proof.plan import Batch, Lane, Plan, all_faults, boards_of, lanes, last
from tests.proof.programs import PATIENT_SCRAPE, SCRAPE, Watchers, watchers
from tests.proof.server_incidents import followed
from tests.proof.shops import DOORS, Shop, Sinks, served
from tests.sentry_sink import sentry_sink

WARM_UP_SECONDS = 60.0
JOBS = {"dependencies": SCRAPE, "process": SCRAPE, "patience": PATIENT_SCRAPE}
_SLOWEST_SCRAPE_SECONDS = 1.5
_SETTLING_RATIO = 1 / 3
"""Of the silence: what has just started is not yet as it always is."""

_TRIES = 3
"""Of a fault, before it counts as not proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What fired in silence, what came of each fault, and what the dashboards showed where all faults were made."""

    noises: Sequence[str]
    outcomes: Sequence[Outcome]
    boards: Sequence[Board]

    @property
    def is_proven(self) -> bool:
        """Whether all was as it should be."""
        outcomes, boards = all(one.is_proven for one in self.outcomes), all(one.is_proven for one in self.boards)
        return not self.noises and outcomes and boards


@dataclass(slots=True, kw_only=True)
class Run:
    """One, in a folder; of the faults those with `wanted` in their name or alerts."""

    folder: Path
    wanted: str
    silence_seconds: float
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Tell whoever waits."""
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {line}\n")
        sys.stdout.flush()

    async def __call__(self) -> Found:
        """Do it."""
        rules = {name: text for job in JOBS for name, text in rule_files(DOORS, job).items()}
        async with AsyncExitStack() as held:
            shops = await self._shops(held)
            watching = await held.enter_async_context(watchers(self.folder, jobs=JOBS, rules=rules))
            await asyncio.gather(*(self._open(shop, watching, held) for shop in shops.values()))
            log = await held.enter_async_context(alert_log(watching.prometheus))
            self.say(f"serving; Prometheus is {watching.prometheus}")
            silent, noises = await self._silence(log)
            bench = Bench(log=log, webhook=watching.webhook, say=self.say)
            first = [*await self._stage(lanes(), shops, bench), *await self._stage(last(), shops, bench)]
            outcomes = [await self._again(one, shops, bench) for one in first]
            boards = [] if self.wanted else await self._boards(watching.prometheus, silent, outcomes)
            return Found(noises=noises, outcomes=outcomes, boards=boards)

    async def _shops(self, held: AsyncExitStack) -> Mapping[str, Shop]:
        _, payments_url, _ = await held.enter_async_context(sandbox())
        sinks = Sinks(sentry=held.enter_context(sentry_sink()), traces=held.enter_context(otlp_sink()))
        settings: Mapping[str, Mapping[str, str]] = {
            "dependencies": sinks.settings,
            "process": {"TRUSTED_PROXIES": "127.0.0.0/8"},
            "patience": made(self.folder).settings,
        }
        return {
            job: Shop(
                job=job,
                data_dir=self.folder / job,
                targets=self.folder / f"{job}.json",
                settings=settings[job],
                environment={"PAYMENTS_URL": payments_url},
                sinks=sinks if job == "dependencies" else None,
            )
            for job in JOBS
        }

    async def _open(self, shop: Shop, watching: Watchers, held: AsyncExitStack) -> None:
        shop.prometheus = watching.prometheus
        await held.enter_async_context(served(shop))
        shop.show()
        await self._furnish(shop, held)
        await shop.until_seen()

    async def _furnish(self, shop: Shop, held: AsyncExitStack) -> None:
        """With what some faults of it take."""
        match shop.job:
            case "dependencies":
                shop.staff = await key(shop.data_dir, "staff", "--role", "staff")
            case "patience":
                await held.enter_async_context(followed(shop))

    async def _silence(self, log: AlertLog) -> tuple[Moments, Sequence[str]]:
        await log.until(lambda: log.is_calm(JOBS), seconds=WARM_UP_SECONDS)
        began = time.time() + self.silence_seconds * _SETTLING_RATIO
        noises = await silence(log, seconds=self.silence_seconds)
        self.say(f"{self.silence_seconds:.0f} s of silence: {', '.join(noises) or 'nothing fired'}")
        return (began, time.time()), noises

    async def _boards(self, url: str, silent: Moments, outcomes: Sequence[Outcome]) -> Sequence[Board]:
        whole = Span(start=silent[0], end=time.time(), scrape_seconds=_SLOWEST_SCRAPE_SECONDS)
        self.say("looking at the dashboards")
        made = episodes(outcomes, boards_of(all_faults(), alerts_of(DOORS)), clock_began=time.time() - time.monotonic())
        watched = Watched(prometheus=Prometheus(url=url), whole=whole, silence=silent, episodes=made)
        boards = await watched.boards()
        self.say(f"looked at {len(boards)}")
        return boards

    async def _stage(self, plan: Plan, shops: Mapping[str, Shop], bench: Bench) -> Sequence[Outcome]:
        beside = (
            [fault for other in plan if other.job == lane.job and other is not lane for fault in other.faults]
            for lane in plan
        )
        found = await asyncio.gather(
            *(
                self._lane(lane, shops[lane.job], bench, beside=others)
                for lane, others in zip(plan, beside, strict=True)
            )
        )
        return [outcome for lane in found for outcome in lane]

    async def _again(self, outcome: Outcome, shops: Mapping[str, Shop], bench: Bench) -> Outcome:
        """Make a fault that proved nothing again, and nothing else.

        At this pace a hiccup of the machine is as long as an incident.
        """
        (fault,) = [one for one in all_faults() if one.name == outcome.fault]
        while not outcome.is_proven and outcome.tries < _TRIES:
            outcome = replace(await prove(fault, shops[outcome.job], bench), tries=outcome.tries + 1)
        return outcome

    async def _lane(self, lane: Lane, shop: Shop, bench: Bench, *, beside: Collection[Fault]) -> Sequence[Outcome]:
        batches = self._chosen(lane.batches)
        return [outcome for batch in batches for outcome in await together(batch, shop, bench, beside=beside)]

    def _chosen(self, batches: Sequence[Batch]) -> Iterator[Batch]:
        for batch in batches:
            yield [one for one in batch if self.wanted in one.name or self.wanted in " ".join(one.alerts)]

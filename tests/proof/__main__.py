"""`python -m tests.proof`: the proof from beginning to end; exits 1 where something is not proven."""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.payments_program import sandbox
from tests.integration.certificates import made
from tests.integration.fast_folder import make_fast_folder
from tests.proof.alert_log import alert_log
from tests.proof.bench import Bench, Outcome, in_turn, silence, together
from tests.proof.dependency_faults import dependency_faults
from tests.proof.fault import Fault
from tests.proof.paces import ALWAYS, NOT_MADE, alerts_of, rule_files
from tests.proof.patient_faults import MANY, ending_faults, patient_faults
from tests.proof.postgres_faults import postgres_faults
from tests.proof.process_faults import greedy_faults, process_faults
from tests.proof.programs import PATIENT_SCRAPE, SCRAPE, watchers
from tests.proof.report import page
from tests.proof.shops import DOORS, Shop, served
from tests.source_tree import PROJECT

SILENCE_SECONDS = 60.0
WARM_UP_SECONDS = 60.0
MANY_ADDRESSES = "420"
"""Their request series reach the most a metric may have when they are asked for what they do not take."""

PAGE = PROJECT / "docs" / "proof.md"


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of the proof."""

    folder: Path
    wanted: str = ""
    silence_seconds: float = SILENCE_SECONDS
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Tell whoever waits."""
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {line}\n")
        sys.stdout.flush()

    def shop(self, job: str, environment: Mapping[str, str], **settings: str) -> Shop:
        """A shop that is not served yet."""
        targets = self.folder / f"{job}.json"
        return Shop(job=job, data_dir=self.folder / job, targets=targets, settings=settings, environment=environment)

    def chosen(self, faults: Sequence[Fault]) -> Sequence[Fault]:
        """Those to be made: all, or those whose name or alerts have the word in it."""
        return [one for one in faults if self.wanted in one.name or self.wanted in " ".join(one.alerts)]

    async def __call__(self) -> tuple[Sequence[str], Sequence[Outcome]]:
        """What fired in silence, and what came of each fault."""
        jobs = {"dependencies": SCRAPE, "process": SCRAPE, "patience": PATIENT_SCRAPE}
        rules = {name: text for job in jobs for name, text in rule_files(DOORS, job).items()}
        async with AsyncExitStack() as held:
            _, payments_url, _ = await held.enter_async_context(sandbox())
            environment = {"PAYMENTS_URL": payments_url}
            dependencies = self.shop("dependencies", environment)
            process = self.shop("process", environment, TRUSTED_PROXIES="127.0.0.0/8")
            patience = self.shop("patience", {**environment, MANY: MANY_ADDRESSES}, **made(self.folder).settings)
            watching = await held.enter_async_context(watchers(self.folder, jobs=jobs, rules=rules))
            for shop in (dependencies, process, patience):
                shop.prometheus = watching.prometheus
                await held.enter_async_context(served(shop))
                shop.show()
                await shop.until_seen()
            log = await held.enter_async_context(alert_log(watching.prometheus))
            bench = Bench(log=log, webhook=watching.webhook, say=self.say)
            self.say(f"serving; Prometheus is {watching.prometheus}")
            await log.until(lambda: log.is_calm(jobs), seconds=WARM_UP_SECONDS)
            noises = await silence(log, seconds=self.silence_seconds)
            self.say(f"{self.silence_seconds:.0f} s of silence: {', '.join(noises) or 'nothing fired'}")
            lanes = await asyncio.gather(
                self._dependencies(dependencies, bench),
                in_turn(self.chosen(process_faults()), process, bench),
                self._patience(patience, bench),
            )
            alone = await in_turn(self.chosen(greedy_faults()), process, bench)
            return noises, [outcome for lane in (*lanes, alone) for outcome in lane]

    async def _dependencies(self, shop: Shop, bench: Bench) -> Sequence[Outcome]:
        one_by_one = await in_turn(self.chosen(dependency_faults()), shop, bench)
        return [*one_by_one, *await together(self.chosen(postgres_faults()), shop, bench)]

    async def _patience(self, shop: Shop, bench: Bench) -> Sequence[Outcome]:
        at_once = await together(self.chosen(patient_faults()), shop, bench)
        return [*at_once, *await in_turn(self.chosen(ending_faults()), shop, bench)]


def main() -> int:
    """Run it, write the page, say what is missing; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="faults whose name or alerts have this in it")
    parser.add_argument("--silence", type=float, default=SILENCE_SECONDS, metavar="SECONDS", help="before the first")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(PROJECT)}")
    told = parser.parse_args()
    with make_fast_folder() as folder:
        noises, outcomes = asyncio.run(Run(folder=folder, wanted=told.only, silence_seconds=told.silence)())
    missing = [] if told.only else _never_meant(outcomes)
    for alert in missing:
        sys.stdout.write(f"NOT PROVEN  {alert}: no fault makes it fire\n")
    if told.write:
        PAGE.write_text(page(outcomes, alerts_of(DOORS), silence_seconds=told.silence))
    failed = [outcome for outcome in outcomes if not outcome.is_proven]
    sys.stdout.write(f"{len(outcomes) - len(failed)} faults proven, {len(failed)} not\n")
    return 1 if noises or missing or failed else 0


def _never_meant(outcomes: Sequence[Outcome]) -> Sequence[str]:
    """Alerts that exist and belong to no fault."""
    fired = {one.alert for outcome in outcomes for one in outcome.shown} | {
        alert for outcome in outcomes for alert in outcome.followed
    }
    return sorted(alerts_of(DOORS).keys() - fired - ALWAYS - NOT_MADE.keys())


if __name__ == "__main__":
    sys.exit(main())

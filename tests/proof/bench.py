"""Holds what fires against what should: in silence, and while a fault is there."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tests.proof.alert_log import AlertLog
from tests.proof.fault import Fault
from tests.proof.paces import ALWAYS
from tests.proof.programs import Webhook
from tests.proof.shops import Shop

SLOW_BURNS = frozenset({"SloAvailabilityBurnSlow", "SloLatencyBurnSlow"})
"""Look back for days: after any fault that callers felt they burn on into the next."""

WEBHOOK_SECONDS = 10.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How one alert answered to its fault, in seconds; None where it did not."""

    fault: str
    alert: str
    fired_after: float | None
    told_after: float | None
    cleared_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a fault; `stray` fired and does not belong to it.

    It held for `span`, in seconds of the monotonic clock; `tries` is how often it was made.
    """

    fault: str
    job: str
    shown: Sequence[Shown]
    followed: frozenset[str]
    stray: frozenset[str]
    span: tuple[float, float]
    tries: int = 1

    @property
    def is_proven(self) -> bool:
        """Whether all that should fire did, was told, and cleared, and nothing else."""
        times = [time for one in self.shown for time in (one.fired_after, one.told_after, one.cleared_after)]
        return None not in times and not self.stray


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What looks on, and who is told."""

    log: AlertLog
    webhook: Webhook
    say: Say


async def prove(fault: Fault, shop: Shop, bench: Bench, *, beside: frozenset[str] = frozenset()) -> Outcome:
    """Make a fault, and see what fires and clears; `beside` may fire for other faults that hold meanwhile."""
    log, webhook, job, alerts = bench.log, bench.webhook, shop.job, fault.alerts
    for alert in alerts:
        webhook.forget(job, alert)
    began = time.monotonic()
    async with fault.make(shop):
        await log.until(lambda: alerts <= log.of(job, since=began).keys(), seconds=fault.patience_seconds)
        await log.until(lambda: all((job, alert) in webhook.arrived for alert in alerts), seconds=WEBHOOK_SECONDS)
    mended = time.monotonic()
    await log.until(lambda: not log.is_firing(job, alerts - SLOW_BURNS), seconds=fault.clears_within_seconds)
    await shop.until_forgotten()
    await log.until(lambda: not log.is_firing(job, fault.follow - SLOW_BURNS), seconds=fault.clears_within_seconds)
    fired = log.of(job, since=began)
    ended = {one.alert: one.ended for one in log.ended if one.job == job and one.ended and one.ended > began}
    shown = [
        Shown(
            fault=fault.name,
            alert=alert,
            fired_after=_after(fired.get(alert), began),
            told_after=_after(webhook.arrived.get((job, alert)), began),
            cleared_after=None if (job, alert) in log.firing else _after(ended.get(alert), mended),
        )
        for alert in sorted(alerts)
    ]
    others = frozenset(fired) - alerts - ALWAYS - beside
    outcome = Outcome(
        fault=fault.name,
        job=job,
        shown=shown,
        followed=frozenset(one for one in others & (fault.follow | SLOW_BURNS) if fired[one] >= began),
        stray=others - fault.follow - SLOW_BURNS,
        span=(began, mended),
    )
    bench.say(_told(job, outcome))
    return outcome


async def together(
    faults: Sequence[Fault], shop: Shop, bench: Bench, *, beside: Collection[Fault] = ()
) -> Sequence[Outcome]:
    """All at once, and `beside` others: what belongs to each may fire while another is looked at."""
    of_all = frozenset(alert for fault in (*faults, *beside) for alert in fault.alerts | fault.follow)
    return await asyncio.gather(
        *(prove(fault, shop, bench, beside=of_all - fault.alerts - fault.follow) for fault in faults)
    )


async def silence(log: AlertLog, *, seconds: float) -> Sequence[str]:
    """What fires while nothing is wrong: `job: alert`, each once."""
    began = time.monotonic()
    await log.until(lambda: False, seconds=seconds)
    jobs = {one.job for one in log.ended} | {job for job, _ in log.firing}
    return sorted(f"{job}: {alert}" for job in jobs for alert in log.of(job, since=began).keys() - ALWAYS)


def _after(moment: float | None, began: float) -> float | None:
    return None if moment is None else max(0.0, moment - began)


def _told(job: str, outcome: Outcome) -> str:
    times = ", ".join(f"{one.alert} {_written(one.fired_after)}/{_written(one.cleared_after)}" for one in outcome.shown)
    word = "proven" if outcome.is_proven else "NOT PROVEN"
    stray = f"; does not belong: {', '.join(sorted(outcome.stray))}" if outcome.stray else ""
    followed = f"; followed: {', '.join(sorted(outcome.followed))}" if outcome.followed else ""
    return f"{word:>10}  {job}: {outcome.fault}: {times}{followed}{stray}"


def _written(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f}"

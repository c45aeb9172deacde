"""A month of a service that few people use: nobody is woken for a failure now and then, and soon in an outage."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from telemetry.objectives import Availability, Sli
from telemetry.render.rendition import Rendition
from telemetry.render.rules import AlertRule, RecordingRule
from telemetry.render.slo_rules import slo_groups
from tests.acceptance.filled_prometheus import filled_prometheus
from tests.pictures.asking import POINTS, Prometheus, Span

REQUESTS_A_MINUTE = 20 / 60
FAILING = 0.0003
MONTH_MINUTES = 30 * 24 * 60
OUTAGE_MINUTES = 60
BEGIN = 1_700_000_040
SEED = 1
GUARD = "\nand sum by"
QUIET = Sli(name="availability", about="", objective=Availability(0.999), covers=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """How many requests had been good and bad at each minute: 30 days, then an hour in which all are bad."""

    good: Sequence[int]
    bad: Sequence[int]

    @property
    def failures(self) -> list[int]:
        """The minutes of the month at which one had failed."""
        return [minute for minute, (before, now) in enumerate(pairwise(self.bad), start=1) if now > before]


def lived(seed: int) -> Month:
    """Requests that come whenever they like, one in 3,333 of which fails."""
    chance = random.Random(seed)  # noqa: S311 - the same month each time, for no secret
    good, bad = [0], [0]
    arrives = chance.expovariate(REQUESTS_A_MINUTE)
    for minute in range(1, MONTH_MINUTES + OUTAGE_MINUTES + 1):
        good.append(good[-1])
        bad.append(bad[-1])
        while arrives < minute:
            fails = arrives >= MONTH_MINUTES or chance.random() < FAILING
            (bad if fails else good)[-1] += 1
            arrives += chance.expovariate(REQUESTS_A_MINUTE)
    return Month(good=good, bad=bad)


def scraped(month: Month) -> Iterator[str]:
    yield "# TYPE sli_events counter"
    for outcome, counts in (("good", month.good), ("bad", month.bad)):
        series = f'sli_events_total{{job="quiet",instance="a",sli="availability",outcome="{outcome}"}}'
        yield from (f"{series} {count} {BEGIN + 60 * minute}" for minute, count in enumerate(counts))


def pages() -> list[str]:
    """The condition of each alert that pages, with what it takes from recorded series written out."""
    rules = [r for group in slo_groups(Rendition(job="quiet", source="", slis=[QUIET])) for r in group.rules]
    recorded = {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}
    asked = re.compile(rf"({'|'.join(sorted(recorded, key=len, reverse=True))})\{{[^}}]*\}}")
    return [
        asked.sub(lambda found: f"({recorded[found[1]]})", rule.expr)
        for rule in rules
        if isinstance(rule, AlertRule) and rule.severity == "page"
    ]


def minutes_of(prometheus: Prometheus, condition: str, span: range) -> set[int]:
    """The minutes of the month at which it holds."""
    found: set[int] = set()
    for first in span[::POINTS]:
        last = min(first + POINTS, span.stop) - 1
        part = Span(start=BEGIN + 60 * first, end=BEGIN + 60 * last, scrape_seconds=60)
        found |= {round(at - BEGIN) // 60 for line in prometheus.lines(condition, part) for at, _ in line.points}
    return found


async def woken(prometheus: Prometheus, conditions: Sequence[str], span: range) -> set[int]:
    asked = [await asyncio.to_thread(minutes_of, prometheus, condition, span) for condition in conditions]
    return set[int]().union(*asked)


MONTH = lived(SEED)
BEFORE = range(MONTH_MINUTES)
OUTAGE = range(MONTH_MINUTES, MONTH_MINUTES + OUTAGE_MINUTES)


@pytest.fixture(scope="module")
async def prometheus(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    async with filled_prometheus(tmp_path_factory.mktemp("prometheus"), scraped(MONTH)) as filled:
        yield filled


async def test_a_month_of_twenty_requests_an_hour_with_a_few_failures_wakes_nobody(prometheus: Prometheus) -> None:
    minutes = await woken(prometheus, pages(), BEFORE)

    assert minutes == set()


async def test_without_a_least_number_each_of_those_failures_would_have_woken_somebody(prometheus: Prometheus) -> None:
    failures = [minute for minute in MONTH.failures if minute in BEFORE]

    minutes = await woken(prometheus, [condition.partition(GUARD)[0] for condition in pages()], BEFORE)

    assert len(failures) >= 4
    assert [minute for minute in failures if minute + 1 not in minutes] == []


async def test_an_outage_there_pages_at_the_third_request_that_fails(prometheus: Prometheus) -> None:
    third = [minute for minute in MONTH.failures if minute in OUTAGE][2]

    minutes = await woken(prometheus, pages(), OUTAGE)

    assert third <= min(minutes) <= third + 1
    assert third - MONTH_MINUTES <= 20

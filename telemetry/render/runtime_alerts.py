"""The processes themselves: too much to do, too little room, bugs; tickets, since what callers feel pages by itself."""

from telemetry.catalogue.process_rows import (
    EVENT_LOOP_LAG,
    PROCESS_CPU,
    PROCESS_MAX_FDS,
    PROCESS_OPEN_FDS,
    PROCESS_RESIDENT_MEMORY,
)
from telemetry.catalogue.request_rows import APP_EXCEPTIONS, HTTP_REQUEST_DURATION, HTTP_REQUESTS_REJECTED
from telemetry.render.promql import Series, total
from telemetry.render.rules import AlertRule

_SMALL_BYTES = 200 * 1024 * 1024
"""Below it growth is warming up: a worker is to stay within 120 MB."""


def runtime_alerts(series: Series) -> list[AlertRule]:
    """Of load, of what a process may use, of its code."""
    return [*_load(series), *_room(series), _exceptions(series)]


def _load(series: Series) -> list[AlertRule]:
    shed = total(series.rate(HTTP_REQUESTS_REJECTED, "5m", reason="overloaded"))
    answered = total(f"rate({series.count(HTTP_REQUEST_DURATION)}[5m])")
    return [
        AlertRule(
            name="Shedding",
            # A burst may be shed; one in a hundred over five minutes is more load than there is capacity.
            expr=f"{shed} / ({shed} + {answered}) > 0.01",
            for_seconds=60,
            severity="ticket",
            summary="{{ $labels.job }} refuses {{ $value | humanizePercentage }} of its requests: overload",
            description="More is asked than its processes can do. What is sheddable goes first, what is critical last.",
            board="resilience",
        ),
        AlertRule(
            name="EventLoopLagHigh",
            # Seconds late a second: the share of time nothing else got its turn. A loop at rest stays below 0.01.
            expr=f"rate({series.sum(EVENT_LOOP_LAG)}[5m]) > 0.2",
            for_seconds=60,
            severity="ticket",
            summary="The event loop of {{ $labels.instance }} is held up",
            description=(
                "For {{ $value | humanizePercentage }} of the last five minutes nothing else had its turn: some code "
                "computes or waits without letting others go on."
            ),
            board="runtime",
        ),
        AlertRule(
            name="CpuSaturated",
            # A process has one loop: one core is all it can use. Rollouts and warm-ups are over in 15 minutes.
            expr=f"rate({series.of(PROCESS_CPU)}[5m]) > 0.9",
            for_seconds=900,
            severity="ticket",
            summary="{{ $labels.instance }} of {{ $labels.job }} uses all of its core",
            description="Above 90 % for a quarter of an hour: the next bit of load will wait, or be refused.",
            board="runtime",
        ),
    ]


def _room(series: Series) -> list[AlertRule]:
    memory = series.of(PROCESS_RESIDENT_MEMORY)
    return [
        AlertRule(
            name="FileDescriptorsHigh",
            expr=f"{series.of(PROCESS_OPEN_FDS)} / {series.of(PROCESS_MAX_FDS)} > 0.8",
            for_seconds=300,
            severity="ticket",
            summary="{{ $labels.instance }} has {{ $value | humanizePercentage }} of its files open",
            description="With none left it accepts no connection and opens none, not even to Postgres.",
            board="runtime",
        ),
        AlertRule(
            name="MemoryGrowing",
            # The least of half an hour against the most of one six hours ago: no peak counts, only a rising floor.
            expr=(
                f"min_over_time({memory}[30m]) > 1.5 * max_over_time({memory}[30m] offset 6h)"
                f"\nand min_over_time({memory}[30m]) > {_SMALL_BYTES}"
            ),
            severity="ticket",
            summary="{{ $labels.instance }} has grown to {{ $value | humanize1024 }}B",
            description="Half again as much as six hours ago, and it does not give it back: most likely a leak.",
            board="runtime",
        ),
    ]


def _exceptions(series: Series) -> AlertRule:
    return AlertRule(
        name="ExceptionsThrown",
        # Any at all: an exception nobody translated is a bug whatever its rate; a storm of them breaks the objective.
        expr=f"{total(series.increase(APP_EXCEPTIONS, '10m'))} > 0",
        severity="ticket",
        summary="{{ $labels.job }} has a bug: {{ $value | humanize }} exceptions within ten minutes",
        description="Requests ended in an exception nobody expected, and were answered with 500.",
        board="service",
    )

"""What the service depends on: Postgres, Redis, upstreams, and the layers that keep their failures small.

All are tickets. Where a dependency's failure reaches callers, the objective it breaks pages, and these explain it;
where it does not, as something stands in, nobody needs waking. Each carries the label `dependency`, by which
the dependency that is down silences what follows from it.
"""

from telemetry.catalogue.outbound_rows import (
    BULKHEAD_REJECTIONS,
    CIRCUIT_BREAKER_STATE,
    DB_OPERATION_DURATION,
    DEPENDENCY_CALL_DURATION,
    DEPENDENCY_UP,
    RETRIES,
)
from telemetry.dependency_health import DATABASES
from telemetry.render.promql import Not, Series, total
from telemetry.render.rules import AlertRule

_FAULTS = ("unavailable", "timeout", "outcome_unknown", "overloaded", "breaker_open", "internal")
"""Errors of a database that are no answer to a caller's mistake, as a conflict is."""


def dependency_alerts(series: Series) -> list[AlertRule]:
    """Of each dependency and of each class of work on it."""
    return [
        _down(series),
        _error_ratio(series),
        _breaker_open(series),
        _breaker_forced(series),
        _retry_storm(series),
        _bulkhead_full(series),
    ]


def _down(series: Series) -> AlertRule:
    return AlertRule(
        name="DependencyDown",
        expr=f"count by (job, dependency) ({series.of(DEPENDENCY_UP)} == 0)",
        # A restart or a failover is over before.
        for_seconds=60,
        severity="ticket",
        summary="{{ $labels.dependency }} does not answer {{ $labels.job }}",
        description="{{ $value }} of its processes have had no answer from {{ $labels.dependency }} for a minute.",
        board="resilience",
    )


def _error_ratio(series: Series) -> AlertRule:
    database = _failing(series.count(DB_OPERATION_DURATION, error_type=_FAULTS), "db_system_name")
    databases = _failing(series.count(DB_OPERATION_DURATION), "db_system_name")
    others = Not(DATABASES)
    upstream = total(
        f"rate({series.count(DEPENDENCY_CALL_DURATION, dependency=others, outcome=Not(('ok',)))}[5m])", "dependency"
    )
    upstreams = total(f"rate({series.count(DEPENDENCY_CALL_DURATION, dependency=others)}[5m])", "dependency")
    # One in twenty: retries hide as much as that from callers. A tenth of a call a second is thirty in the window.
    return AlertRule(
        name="DependencyErrorRatio",
        expr=(
            f"({database} / {databases} > 0.05\nand {database} > 0.1)\n"
            f"or ({upstream} / {upstreams} > 0.05\nand {upstream} > 0.1)"
        ),
        for_seconds=120,
        severity="ticket",
        summary="{{ $value | humanizePercentage }} of the calls of {{ $labels.job }} to {{ $labels.dependency }} fail",
        description="More than one in twenty over five minutes, after all retries; callers' mistakes are not counted.",
        board="resilience",
    )


def _failing(calls: str, label: str) -> str:
    """Calls a second by dependency, whose name OpenTelemetry writes `postgresql` and we `postgres`."""
    named = f'label_replace(rate({calls}[5m]), "dependency", "$1", "{label}", "(postgres|redis)(ql)?")'
    return total(named, "dependency")


def _breaker_open(series: Series) -> AlertRule:
    # An open breaker is half open for a moment once a second: both together, for most of two minutes.
    not_closed = f"avg_over_time({series.of(CIRCUIT_BREAKER_STATE, state=('open', 'half_open'))}[2m])"
    return AlertRule(
        name="BreakerOpen",
        expr=_by_dependency(f"max by (job, name) (sum by (job, instance, name) ({not_closed}))", "name") + " > 0.5",
        for_seconds=60,
        severity="ticket",
        summary="The breaker {{ $labels.name }} of {{ $labels.job }} is open",
        description="It was for most of the last two minutes: calls are refused at once instead of being made.",
        board="resilience",
    )


def _breaker_forced(series: Series) -> AlertRule:
    return AlertRule(
        name="BreakerForced",
        expr=f"{series.of(CIRCUIT_BREAKER_STATE, state=('forced_open', 'forced_closed'))} == 1",
        # Longer than anybody works at one incident without a look at the board.
        for_seconds=3600,
        severity="ticket",
        summary="The breaker {{ $labels.name }} of {{ $labels.instance }} is held {{ $labels.state }}",
        description="Somebody held it an hour ago or longer: it judges nothing, whatever becomes of the dependency.",
        board="resilience",
    )


def _retry_storm(series: Series) -> AlertRule:
    spent = total(series.increase(RETRIES, "5m", outcome="budget_spent"), "target")
    return AlertRule(
        name="RetryStorm",
        expr=_by_dependency(spent, "target") + " > 10",
        for_seconds=60,
        severity="ticket",
        summary="{{ $labels.job }} has spent its retry budget for {{ $labels.target }}",
        description=(
            "{{ $value | humanize }} calls within five minutes were not tried again, as too many others were. Without "
            "the budget, retries would now multiply the load on what is failing."
        ),
        board="resilience",
    )


def _bulkhead_full(series: Series) -> AlertRule:
    rejected = total(series.increase(BULKHEAD_REJECTIONS, "5m"), "name")
    return AlertRule(
        name="BulkheadFull",
        expr=_by_dependency(rejected, "name") + " > 10",
        for_seconds=60,
        severity="ticket",
        summary="{{ $labels.job }} turns away calls of {{ $labels.name }}",
        description="{{ $value | humanize }} calls within five minutes found no room: permits and line were full.",
        board="resilience",
    )


def _by_dependency(expr: str, label: str) -> str:
    """With the label `dependency`: the first word of a class of work (`postgres.reads`), or all of it (`redis`)."""
    return f'label_replace({expr}, "dependency", "$1", "{label}", "([^.]+)([.].*)?")'

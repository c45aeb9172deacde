"""The alerts on objectives: several burn rates, each over a long and a short window, and a least number of bad events.

The method is that of The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts"; the numbers and
the reason for the least number are in `telemetry/objectives.py`. Everything adds up the replicas of a job first: the
objective is the service's, and one of ten processes may fail all it gets without harming many.
"""

from collections.abc import Sequence

from telemetry.catalogue.request_rows import SLI_EVENTS, SLO_OBJECTIVE
from telemetry.objectives import BAD_EVENTS_AT_LEAST, BUDGET_DAYS, BURN_RATES, BurnRate, Sli
from telemetry.render.promql import Series
from telemetry.render.rendition import Rendition
from telemetry.render.rules import AlertRule, RecordingRule, RuleGroup
from telemetry.render.scale import REAL_TIME

BUDGET_LEFT = "slo:error_budget_left:ratio"
"""The share of the budget of the last 30 days that is left, below 0 once the objective is broken."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

SLOW_WINDOW_SECONDS = 2 * _HOUR
SLOW_EVERY_SECONDS = 2 * _MINUTE
"""Windows from two hours on are looked at every two minutes, and so are the thirty days, which hold 172,800 samples a
series at a scrape every 15 s. It is also the longest pace at which a lost evaluation leaves no gap: Prometheus takes a
sample for current for five minutes."""

KEEP_FIRING_SECONDS = 5 * _MINUTE
"""Where requests are few, minutes pass between two failures; an alert that comes and goes wakes people twice."""


def error_ratio(window: str) -> str:
    """The recorded share of bad events over a window such as `5m`, by `job` and `sli`; absent without events."""
    return f"slo:sli_error:ratio_rate{window}"


def alert_name(sli: Sli, rate: BurnRate) -> str:
    """`SloAvailabilityBurnFast` pages, `SloLatencyBurnSlow` waits for the morning."""
    return f"Slo{sli.kind.title()}Burn{'Fast' if rate.severity == 'page' else 'Slow'}"


def slo_groups(rendition: Rendition) -> list[RuleGroup]:
    """Every group, for the promises of this rendition."""
    series = Series(job=rendition.job)
    windows = sorted({seconds for rate in BURN_RATES for seconds in (rate.short_seconds, rate.long_seconds)})
    quick = [_ratio(series, window) for window in windows if window < SLOW_WINDOW_SECONDS]
    slow = [_ratio(series, window) for window in windows if window >= SLOW_WINDOW_SECONDS]
    alerts = [_alert(sli, rate, series=series) for sli in rendition.slis for rate in BURN_RATES]
    return [
        RuleGroup(name="slo-errors", rules=quick),
        RuleGroup(name="slo-errors-slow", rules=slow, interval_seconds=SLOW_EVERY_SECONDS),
        RuleGroup(name="slo-budget", rules=_budget(series), interval_seconds=SLOW_EVERY_SECONDS),
        RuleGroup(name="slo-alerts", rules=alerts),
    ]


def _ratio(series: Series, seconds: int) -> RecordingRule:
    window = REAL_TIME.duration(seconds)
    bad, all_of_them = (
        f"sum by (job, sli) ({rate})"
        for rate in (series.rate(SLI_EVENTS, window, outcome="bad"), series.rate(SLI_EVENTS, window))
    )
    return RecordingRule(record=error_ratio(window), expr=f"{bad}\n/\n({all_of_them} > 0)")


def _budget(series: Series) -> Sequence[RecordingRule]:
    """Of events and not of time: an hour in which nobody asked anything costs nothing."""
    month = _ratio(series, BUDGET_DAYS * _DAY)
    objective = f"max by (job, sli) ({series.of(SLO_OBJECTIVE)})"
    left = f'1 - {month.record}{{job="{series.job}"}} / on (job, sli) (1 - {objective})'
    return [month, RecordingRule(record=BUDGET_LEFT, expr=left)]


def _alert(sli: Sli, rate: BurnRate, *, series: Series) -> AlertRule:
    long, short = REAL_TIME.duration(rate.long_seconds), REAL_TIME.duration(rate.short_seconds)
    selected = f'{{job="{series.job}",sli="{sli.name}"}}'
    allowed = f"({rate.factor:g} * {sli.budget:g})"
    bad = series.increase(SLI_EVENTS, long, sli=sli.name, outcome="bad")
    return AlertRule(
        name=alert_name(sli, rate),
        expr=(
            f"{error_ratio(long)}{selected} > {allowed}\n"
            f"and {error_ratio(short)}{selected} > {allowed}\n"
            f"and sum by (job, sli) ({bad}) > {BAD_EVENTS_AT_LEAST:g}"
        ),
        severity=rate.severity,
        summary=f"{{{{ $value | humanizePercentage }}}} of {{{{ $labels.job }}}}'s {_requests(sli)} {_fails(sli)}",
        description=_description(sli, rate),
        board="slo",
        keep_firing_seconds=KEEP_FIRING_SECONDS,
        labels={"sli": sli.name, "window": long},
    )


def _description(sli: Sli, rate: BurnRate) -> str:
    long, short = REAL_TIME.duration(rate.long_seconds), REAL_TIME.duration(rate.short_seconds)
    days = BUDGET_DAYS / rate.factor
    return (
        f"No more than {sli.budget * 100:.6g} % of the {_requests(sli)} are to {_fails(sli)}. Over the last {long}, "
        f"and still over the last {short}, more than {rate.factor * sli.budget * 100:.4g} % did, {rate.factor:g} times "
        f"that: at this pace the budget of {BUDGET_DAYS} days lasts {days:.2g} days."
    )


def _requests(sli: Sli) -> str:
    return f"requests to {sli.about}" if sli.about else "requests"


def _fails(sli: Sli) -> str:
    return "fail" if sli.under_seconds is None else f"take longer than {sli.under_seconds:g} s"

"""Something stands in for what is away: callers are served, but less well; tickets, since they are served."""

from telemetry.catalogue.caller_rows import RATE_LIMIT_DECISIONS
from telemetry.catalogue.request_rows import CACHE_REQUESTS
from telemetry.render.promql import Series, total
from telemetry.render.rules import AlertRule

_OF_REDIS, _OF_POSTGRES = {"dependency": "redis"}, {"dependency": "postgres"}


def fallback_alerts(series: Series) -> list[AlertRule]:
    """Of limits and of the cache."""
    # One in twenty: a Redis that restarts costs a second's decisions, which is less of five minutes.
    decided = total(series.rate(RATE_LIMIT_DECISIONS, "5m"))
    alone = total(series.rate(RATE_LIMIT_DECISIONS, "5m", decision=("allowed_degraded", "limited_degraded")))
    read = total(series.rate(CACHE_REQUESTS, "5m"))
    bypassed = total(series.rate(CACHE_REQUESTS, "5m", result="degraded"))
    stale = total(series.increase(CACHE_REQUESTS, "5m", result="stale_if_error"), "cache")
    return [
        AlertRule(
            name="RateLimitDegraded",
            expr=f"{alone} / {decided} > 0.05",
            for_seconds=120,
            severity="ticket",
            summary="{{ $labels.job }} limits callers without Redis",
            description=(
                "{{ $value | humanizePercentage }} of its decisions are each process's own, with its share of the "
                "limit. Callers notice nothing; the limits are right only where MAINSTAY_REPLICAS is."
            ),
            board="resilience",
            labels=_OF_REDIS,
        ),
        AlertRule(
            name="CacheDegraded",
            expr=f"{bypassed} / {read} > 0.05",
            for_seconds=120,
            severity="ticket",
            summary="{{ $labels.job }} reads past its cache",
            description=(
                "{{ $value | humanizePercentage }} of the reads of cached resources go to Postgres, as what Redis "
                "keeps cannot be asked or trusted. Postgres carries that load too."
            ),
            board="redis",
            labels=_OF_REDIS,
        ),
        AlertRule(
            name="StaleAnswersServed",
            expr=f"{stale} > 10",
            for_seconds=60,
            severity="ticket",
            summary="{{ $labels.job }} answers from {{ $labels.cache }} with what may be out of date",
            description=(
                "{{ $value | humanize }} answers within five minutes were past their time, as Postgres could not be "
                "read. Callers are told so in Cache-Status; what is not kept gets a 503."
            ),
            board="redis",
            labels=_OF_POSTGRES,
        ),
    ]

"""What watches: is it slow, is something missing, does it work at all; tickets, since callers never notice."""

from telemetry.catalogue.process_rows import (
    LABEL_OVERFLOW,
    LOG_EVENTS_DROPPED,
    OBSERVER_FAILURES,
    SENTRY_EVENTS,
    TRACE_EXPORTS,
)
from telemetry.render.promql import Series, total
from telemetry.render.rules import AlertRule
from telemetry.render.scrape_metrics import SCRAPE_DURATION


def telemetry_alerts(series: Series) -> list[AlertRule]:
    """Of metrics, logs and the alerts themselves."""
    return [_scrape_slow(series), _series_limit(series), _loss(series), _watchdog()]


def _scrape_slow(series: Series) -> AlertRule:
    return AlertRule(
        name="ScrapeSlow",
        # Milliseconds are usual, and at ten seconds Prometheus gives up.
        expr=f"{series.of(SCRAPE_DURATION)} > 1",
        for_seconds=300,
        severity="ticket",
        summary="A scrape of {{ $labels.instance }} takes {{ $value | humanizeDuration }}",
        description="At the scrape's timeout there will be no figures of it at all.",
        board="telemetry",
    )


def _series_limit(series: Series) -> AlertRule:
    return AlertRule(
        name="SeriesLimit",
        expr=f"increase({series.of(LABEL_OVERFLOW)}[15m]) > 0",
        severity="ticket",
        summary="A metric of {{ $labels.instance }} has as many label sets as it may",
        description="{{ $value | humanize }} samples within 15 minutes went to _OTHER: some label is no closed set.",
        board="telemetry",
    )


def _loss(series: Series) -> AlertRule:
    losses = {
        "log lines": series.increase(LOG_EVENTS_DROPPED, "10m"),
        "events": series.increase(OBSERVER_FAILURES, "10m"),
        # Those that are left out as one of many are no loss.
        "error reports": series.increase(SENTRY_EVENTS, "10m", outcome=("dropped", "failed")),
        "traces": series.increase(TRACE_EXPORTS, "10m", outcome=("dropped", "failed")),
    }
    lost = (f'label_replace({total(expr, "instance")}, "lost", "{what}", "", "") > 0' for what, expr in losses.items())
    return AlertRule(
        name="TelemetryLoss",
        expr="\nor ".join(lost),
        severity="ticket",
        summary="{{ $labels.instance }} loses {{ $labels.lost }}",
        description="{{ $value | humanize }} within ten minutes. Requests are served all the same; you see less.",
        board="telemetry",
    )


def _watchdog() -> AlertRule:
    return AlertRule(
        name="Watchdog",
        # Always fires: what must arrive so that silence means anything. Alertmanager hands it to a dead man's switch.
        expr="vector(1)",
        severity="none",
        summary="Alerting works",
        description=(
            "This alert always fires. Where it stops arriving, Prometheus, Alertmanager or the way from them to you is "
            "broken, and no other alert would arrive either."
        ),
        board="telemetry",
    )

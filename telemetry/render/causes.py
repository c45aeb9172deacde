"""The alerts on causes: what explains a symptom or comes before one. Few page: callers feel symptoms, not causes."""

from telemetry.render.promql import Series
from telemetry.render.rendition import Rendition
from telemetry.render.rules import AlertRule, RuleGroup
from telemetry.render.scrape_metrics import UP


def cause_groups(rendition: Rendition) -> list[RuleGroup]:
    """Every group, for the service of this rendition."""
    return [RuleGroup(name="reachability", rules=_reachability(Series(job=rendition.job)))]


def _reachability(series: Series) -> list[AlertRule]:
    return [
        # A page although it is a cause: a process that is gone counts no failures, so no objective sees it.
        AlertRule(
            name="ServiceDown",
            expr=f"sum by (job) ({series.of(UP)}) == 0 or absent({series.of(UP)})",
            # Four scrapes: one lost scrape is no outage, and a restart takes seconds.
            for_seconds=60,
            severity="page",
            summary="No process of {{ $labels.job }} answers Prometheus",
            description=(
                "Not one of its targets has answered a scrape for a minute, or there are no targets at all. Either the "
                "service is down or Prometheus cannot see it; in both cases no other alert can tell you about it."
            ),
            board="service",
        ),
        # The others carry the load, and their own alerts tell when they cannot.
        AlertRule(
            name="TargetDown",
            expr=f"{series.of(UP)} == 0",
            for_seconds=120,
            severity="ticket",
            summary="{{ $labels.instance }} of {{ $labels.job }} does not answer Prometheus",
            description="Its scrapes have failed for two minutes: the process is gone, hung, or cannot be reached.",
            board="service",
        ),
        # Always fires: what must arrive so that silence means anything. Alertmanager hands it to a dead man's switch.
        AlertRule(
            name="Watchdog",
            expr="vector(1)",
            severity="none",
            summary="Alerting works",
            description=(
                "This alert always fires. Where it stops arriving, Prometheus, Alertmanager or the way from them to "
                "you is broken, and no other alert would arrive either."
            ),
            board="telemetry",
        ),
    ]

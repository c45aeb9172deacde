"""The alerts on causes: what explains a symptom or comes before one. Few page: callers feel symptoms, not causes."""

from telemetry.render.caller_alerts import caller_alerts
from telemetry.render.certificate_alerts import certificate_alerts
from telemetry.render.dependency_alerts import dependency_alerts
from telemetry.render.fallback_alerts import fallback_alerts
from telemetry.render.pool_alerts import pool_alerts
from telemetry.render.postgres_alerts import postgres_alerts
from telemetry.render.promql import Series
from telemetry.render.reachability_alerts import reachability_alerts
from telemetry.render.rendition import Rendition
from telemetry.render.rules import RuleGroup
from telemetry.render.runtime_alerts import runtime_alerts
from telemetry.render.telemetry_alerts import telemetry_alerts


def cause_groups(rendition: Rendition) -> list[RuleGroup]:
    """Every group, about the series of the rendition's job."""
    series = Series(job=rendition.job)
    return [
        RuleGroup(name="reachability", rules=reachability_alerts(series)),
        RuleGroup(name="dependencies", rules=dependency_alerts(series)),
        RuleGroup(name="pool", rules=pool_alerts(series)),
        RuleGroup(name="postgres", rules=postgres_alerts(series)),
        RuleGroup(name="fallbacks", rules=fallback_alerts(series)),
        RuleGroup(name="callers", rules=caller_alerts(series)),
        RuleGroup(name="certificate", rules=certificate_alerts(series)),
        RuleGroup(name="runtime", rules=runtime_alerts(series)),
        RuleGroup(name="telemetry", rules=telemetry_alerts(series)),
    ]

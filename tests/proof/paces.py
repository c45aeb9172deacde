"""How fast time goes for each alert's windows, and the rule files at these paces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from server.own_routes import slis_served
from server.service_file import checked_file
from telemetry.render.causes import cause_groups
from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import rules_text
from telemetry.render.rules import AlertRule, RuleGroup
from telemetry.render.scale import Scale
from telemetry.render.slo_rules import slo_groups

MINUTE_A_SECOND = 60.0
OBJECTIVES = 300.0
"""Their windows are hours and days: an hour is 12 s."""

ALWAYS = frozenset({"Watchdog"})
"""Fire whatever happens."""

OF_OBJECTIVES = ("SloAvailability", "SloLatency")

OTHERS: Mapping[str, float] = {
    "BreakerForced": 240.0,  # waits for an hour
    "VersionsMixed": 240.0,  # likewise
    "CpuSaturated": 120.0,  # looks at a quarter of one
    "MemoryGrowing": 720.0,  # looks back six hours
    "RestartLoop": 20.0,  # a start takes a real second or two, and there must be three
    "RateLimitDegraded": 10.0,  # a command has a fifth of a real second: where the machine stands still, all are late
    "CacheDegraded": 10.0,  # likewise
    "KeySetUnavailable": 20.0,  # counts fetches, and those are ten real seconds apart
}


def pace_of(alert: str) -> float:
    """Real seconds that pass in one of the proof."""
    return OBJECTIVES if alert.startswith(OF_OBJECTIVES) else OTHERS.get(alert, MINUTE_A_SECOND)


def rule_files(service_file: Path, job: str) -> Mapping[str, str]:
    """The rules of a job, a file for each pace, by name."""
    rendition = Rendition(job=job, source=service_file.name, slis=slis_served(checked_file(service_file)))
    causes, objectives = cause_groups(rendition), slo_groups(rendition)
    texts = {f"{job}-objectives.yaml": _text(objectives, rendition, OBJECTIVES)}
    for pace in {MINUTE_A_SECOND, *OTHERS.values()}:
        texts[f"{job}-causes-{pace:g}.yaml"] = _text(list(_at(pace, causes)), rendition, pace)
    return texts


def alerts_of(service_file: Path) -> Mapping[str, AlertRule]:
    """Every alert there is, by name; of those with the same name one."""
    rendition = Rendition(job="any", source=service_file.name, slis=slis_served(checked_file(service_file)))
    groups = [*cause_groups(rendition), *slo_groups(rendition)]
    return {rule.name: rule for group in groups for rule in group.rules if isinstance(rule, AlertRule)}


def _at(pace: float, groups: Sequence[RuleGroup]) -> Iterator[RuleGroup]:
    for group in groups:
        rules = [rule for rule in group.rules if not isinstance(rule, AlertRule) or pace_of(rule.name) == pace]
        if rules:
            yield replace(group, name=f"{group.name}-{pace:g}", rules=rules)


def _text(groups: Sequence[RuleGroup], rendition: Rendition, pace: float) -> str:
    named = [replace(group, name=f"{rendition.job}-{group.name}") for group in groups]
    return rules_text(named, replace(rendition, scale=Scale(factor=pace)))

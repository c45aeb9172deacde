"""promtool's unit tests of the alerts on objectives, at their real windows: each fires when it must, and not before.

In each test a service is well for as long as the long window is, then a share of its events is bad, nearly twice
as many as the alert allows, then it is well again. The share over the long window passes the threshold about halfway:
a little before the alert must be silent, a little after it must fire, and once the short window is clean it must end.
"""

from collections.abc import Iterator, Mapping, Sequence

from telemetry.catalogue.request_rows import SLI_EVENTS
from telemetry.objectives import BURN_RATES, BurnRate, Sli
from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import Node, yaml_text
from telemetry.render.scale import REAL_TIME
from telemetry.render.slo_rules import KEEP_FIRING_SECONDS, alert_name, slo_groups

_EXCESS = 1.9
"""How many times what an alert allows is bad: not twice, which is what the next faster one allows."""

_BEFORE, _AFTER, _UNTIL = 0.9, 1.15, 1.3
"""When to look, and how long it goes on, of the time until the long window is over the threshold."""

_EVENTS_A_STEP = 1_000_000
_STEPS_A_SHORT_WINDOW = 5


def slo_test_files(rendition: Rendition) -> Mapping[str, str]:
    """A file's text by its name for each burn rate, which is looked at five times in its short window."""
    return {f"slo_{REAL_TIME.duration(rate.long_seconds)}.yaml": _file(rate, rendition) for rate in BURN_RATES}


def _file(rate: BurnRate, rendition: Rendition) -> str:
    tests = [_test(sli, rate, job=rendition.job) for sli in rendition.slis]
    every = REAL_TIME.duration(_step(rate))
    document: Node = {
        "rule_files": ["../slo.rules.yaml"],
        "evaluation_interval": every,
        # At this pace a recorded ratio is out of date at the next look: the alerts come after it.
        "group_eval_order": [group.name for group in slo_groups(rendition)],
        "tests": tests,
    }
    return yaml_text(document, rendition)


def _test(sli: Sli, rate: BurnRate, *, job: str) -> Node:
    step = _step(rate)
    allowed = rate.factor * sli.budget
    bad_share = min(1.0, _EXCESS * allowed)
    reached = rate.long_seconds * allowed / bad_share
    ends = rate.long_seconds + reached * _UNTIL
    clean = ends + rate.short_seconds + KEEP_FIRING_SECONDS + step
    stretches = [(rate.long_seconds, 0.0), (reached * _UNTIL, bad_share), (clean - ends + step, 0.0)]
    labels = {
        "alertname": alert_name(sli, rate),
        "alertstate": "firing",
        "job": job,
        "service": job,
        "severity": rate.severity,
        "sli": sli.name,
        "window": REAL_TIME.duration(rate.long_seconds),
    }
    moments = (
        (rate.long_seconds + reached * _BEFORE, False),
        (rate.long_seconds + reached * _AFTER, True),
        (clean, False),
    )
    return {
        "name": f"{sli.name}: {bad_share * 100:.4g} % bad, as {labels['alertname']} over {labels['window']} tells",
        "interval": REAL_TIME.duration(step),
        "input_series": [
            {"series": _series(sli, outcome, job=job), "values": " ".join(_values(stretches, outcome, step=step))}
            for outcome in ("good", "bad")
        ],
        "promql_expr_test": [_look(labels, seconds, step=step, fires=fires) for seconds, fires in moments],
    }


def _step(rate: BurnRate) -> int:
    return rate.short_seconds // _STEPS_A_SHORT_WINDOW


def _series(sli: Sli, outcome: str, *, job: str) -> str:
    return f'{SLI_EVENTS.name}{{job="{job}",instance="a:8081",sli="{sli.name}",outcome="{outcome}"}}'


def _values(stretches: Sequence[tuple[float, float]], outcome: str, *, step: int) -> Iterator[str]:
    """A counter, in promtool's words, that rises as each stretch of so many seconds says by its share of bad events."""
    count = 0
    for seconds, bad_share in stretches:
        bad = round(_EVENTS_A_STEP * bad_share)
        rise = bad if outcome == "bad" else _EVENTS_A_STEP - bad
        steps = round(seconds / step)
        yield f"{count}+{rise}x{steps - 1}"
        count += rise * steps


def _look(labels: dict[str, str], seconds: float, *, step: int, fires: bool) -> Node:
    asked = ",".join(f'{name}="{labels[name]}"' for name in ("alertname", "alertstate", "sli", "window"))
    told = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return {
        "expr": f"ALERTS{{{asked}}}",
        "eval_time": REAL_TIME.duration(round(seconds / step) * step),
        "exp_samples": [{"labels": f"ALERTS{{{told}}}", "value": 1}] if fires else [],
    }

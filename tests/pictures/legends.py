"""Which colour a series has: its panel's overrides say so, or it is the next of the palette."""

import re
from collections.abc import Iterable

from tests.pictures.asking import Line
from tests.pictures.grafana_json import Matcher, Panel, Threshold
from tests.pictures.inks import SERIES, ink


def inks_of(panel: Panel, lines: Iterable[Line]) -> dict[str, str]:
    """A colour for each legend."""
    legends = sorted({line.legend for line in lines})
    free = iter(SERIES * (1 + len(legends) // len(SERIES)))
    return {legend: _fixed(panel, legend) or next(free) for legend in legends}


def _fixed(panel: Panel, legend: str) -> str:
    for override in panel.field_config.overrides:
        for told in override.properties:
            if told.id == "color" and isinstance(told.value, dict) and _meant(override.matcher, legend):
                return ink(str(told.value["fixedColor"]))
    return ""


def _meant(matcher: Matcher, legend: str) -> bool:
    if matcher.id == "byRegexp":
        return re.search(matcher.options.strip("/"), legend) is not None
    return matcher.options == legend


def level_ink(steps: Iterable[Threshold], value: float) -> str:
    """The colour of the level a value has reached."""
    reached = [step.color for step in steps if step.value is None or value >= step.value]
    return ink(reached[-1]) if reached else ""

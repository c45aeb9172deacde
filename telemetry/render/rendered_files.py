"""All that is rendered for a service: a text for each path."""

from collections.abc import Mapping

from telemetry.render.causes import cause_groups
from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import rules_text

FOLDERS = ("alerts", "dashboards")
"""Where rendered files lie; every file in them that says it was rendered is ours."""


def rendered(rendition: Rendition) -> Mapping[str, str]:
    """Each file's text by its path below the output folder."""
    return {"alerts/causes.rules.yaml": rules_text(cause_groups(rendition), rendition)}

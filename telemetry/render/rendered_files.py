"""All that is rendered for a service: a text for each path."""

from collections.abc import Mapping

from telemetry.render.causes import cause_groups
from telemetry.render.dashboards.all_boards import all_boards
from telemetry.render.dashboards.grafana import dashboard_text
from telemetry.render.dashboards.provisioning import provisioning_texts
from telemetry.render.metrics_page import metrics_page
from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import rules_text

FOLDERS = ("alerts", "dashboards")
"""Where rendered files lie; every file in them that says it was rendered is ours."""


def rendered(rendition: Rendition) -> Mapping[str, str]:
    """Each file's text by its path below the output folder."""
    boards, causes = all_boards(), cause_groups(rendition)
    return {
        "alerts/causes.rules.yaml": rules_text(causes, rendition),
        **{f"dashboards/{board.name}.json": dashboard_text(board, boards, rendition=rendition) for board in boards},
        **provisioning_texts(rendition),
        "docs/metrics.md": metrics_page(boards, causes, command=rendition.command),
    }

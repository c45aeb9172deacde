"""All that is rendered for a service: a text for each path."""

from collections.abc import Mapping, Sequence

from telemetry.render.alertmanager_config import alertmanager_text
from telemetry.render.causes import cause_groups
from telemetry.render.dashboards.all_boards import all_boards
from telemetry.render.dashboards.grafana import dashboard_text
from telemetry.render.dashboards.provisioning import provisioning_texts
from telemetry.render.metrics_page import metrics_page
from telemetry.render.operator_manifests import operator_texts
from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import rules_text
from telemetry.render.rules import RuleGroup
from telemetry.render.scale import REAL_TIME
from telemetry.render.scrape_config import prometheus_text
from telemetry.render.slo_rules import slo_groups
from telemetry.render.slo_tests import slo_test_files

FOLDERS = ("alerts", "dashboards")
"""Where rendered files lie; every file in them that says it was rendered is ours."""


def rendered(rendition: Rendition) -> Mapping[str, str]:
    """Each file's text by its path below the output folder."""
    boards, causes = all_boards(), cause_groups(rendition)
    slo = slo_groups(rendition) if rendition.slis else []
    return {
        "alerts/causes.rules.yaml": rules_text(causes, rendition),
        "alerts/alertmanager.yml": alertmanager_text(rendition),
        "alerts/prometheus.yml": prometheus_text(rendition),
        **operator_texts([*causes, *slo], rendition),
        **(_of_objectives(slo, rendition) if slo else {}),
        **{f"dashboards/{board.name}.json": dashboard_text(board, boards, rendition=rendition) for board in boards},
        **provisioning_texts(rendition),
        "docs/metrics.md": metrics_page(boards, [*causes, *slo], command=rendition.command),
    }


def _of_objectives(groups: Sequence[RuleGroup], rendition: Rendition) -> Mapping[str, str]:
    """The alerts and their tests, which are of real windows alone."""
    tests = slo_test_files(rendition) if rendition.scale == REAL_TIME else {}
    return {
        "alerts/slo.rules.yaml": rules_text(groups, rendition),
        **{f"alerts/tests/{name}": text for name, text in tests.items()},
    }

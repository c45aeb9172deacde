"""The alerts work, and each is complete: it fires when it must and only then, and leads to a page that helps."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from server.settings import PREFIX, Settings
from telemetry.catalogue import CATALOGUE
from telemetry.render.scrape_metrics import SCRAPE_METRICS
from tests.artefacts.alert_files import ALERTS, RECORDED, RULE_FILES, RUNBOOKS, TEST_FILES, fired, rules
from tests.artefacts.dashboard_files import DASHBOARDS
from tests.environment import require
from tests.pictures.grafana_json import Dashboard
from tests.source_tree import PROJECT

DOCUMENTATION = (PROJECT / "docs" / "alerts.md").read_text()
SEVERITIES = {"page", "ticket", "none"}
ALWAYS_FIRES = {"Watchdog"}
SECTIONS = [
    "What it means",
    "Who is affected",
    "First look",
    "Likely causes",
    "What to do",
    "What not to do",
    "How it was proven",
]
RUNBOOK_LINES_AT_MOST = 80
"""What somebody reads at three in the morning."""

METRIC_LIKE = re.compile(
    r"\b[a-z][a-z0-9_:]*_(?:total|seconds|bytes|fds|info|state|bucket|count|sum|ratio|tasks|limit|up|requests)\b"
)
OF_CURL = re.compile(r"%\{\w+\}")
KNOWN = {metric.name for metric in (*CATALOGUE, *SCRAPE_METRICS)} | RECORDED
PARTS = {f"{metric.name}_{part}" for metric in CATALOGUE for part in ("bucket", "count", "sum")}
OF_THE_WATCHERS = ("prometheus_", "alertmanager_")
LOOK_AT = re.compile(r"Dashboard \*([^*]+)\*(?:, panel \*([^*]+)\*)?")
OF_THE_LOG = "account|cache|client|credential|error|exception|http|idempotency|process|sample|session|tenant|user"
LOG_FIELD = re.compile(rf"`((?:{OF_THE_LOG})\.[a-z_.]+)`")
LOGS = (PROJECT / "docs" / "logs.md").read_text()


def board_of(alert: str) -> Dashboard:
    """The dashboard it leads to."""
    (uid,) = re.findall(r"/d/([\w-]+)", ALERTS[alert]["annotations"]["dashboard_url"])
    return next(board for board in DASHBOARDS.values() if board.uid == uid)


def metrics_in(text: str) -> set[str]:
    """Metrics of the catalogue that PromQL asks for."""
    return {name for name in KNOWN - RECORDED if re.search(rf"\b{name}(_bucket|_count|_sum)?\b", text)}


def completed(*arguments: str | Path) -> str:
    program = require(str(arguments[0]))
    run = subprocess.run([program, *arguments[1:]], capture_output=True, text=True, check=False, cwd=PROJECT)
    return "" if run.returncode == 0 else run.stdout + run.stderr


def test_prometheus_takes_every_rule_file() -> None:
    assert completed("promtool", "check", "rules", *RULE_FILES) == ""


def test_every_alert_fires_when_it_must_and_only_then() -> None:
    assert completed("promtool", "test", "rules", *TEST_FILES) == ""


@pytest.mark.parametrize(("name", "rule"), ALERTS.items(), ids=list(ALERTS))
def test_an_alert_says_how_urgent_it_is_and_where_to_look(name: str, rule: Mapping[str, Any]) -> None:
    said = rule["annotations"]

    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["labels"]["service"] == "shop"
    assert said["summary"]
    assert said["description"]
    assert said["runbook_url"] == f"alerts/runbooks/{name}.md"
    assert "/d/mainstay-" in said["dashboard_url"]
    assert (PROJECT / said["runbook_url"]).is_file()


@pytest.mark.parametrize("name", sorted(ALERTS.keys() - ALWAYS_FIRES))
def test_an_alert_leads_to_a_dashboard_that_shows_what_it_is_about(name: str) -> None:
    shown = metrics_in(" ".join(target.expr for panel in board_of(name).panels for target in panel.targets))
    asked = {metric for rule in rules() if rule.get("alert") == name for metric in metrics_in(rule["expr"])}

    assert asked & shown or not asked


def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    told = list(fired())
    firing = {one.alert for one in told if one.labels}
    silent = {one.alert for one in told if not one.labels}

    assert {"never fires": ALERTS.keys() - firing, "always fires": ALERTS.keys() - silent - ALWAYS_FIRES} == {
        "never fires": set(),
        "always fires": set(),
    }
    assert firing | silent <= ALERTS.keys()


def test_the_words_of_an_alert_quote_only_labels_it_has() -> None:
    quoted = {
        name: set(re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values())))
        for name, rule in ALERTS.items()
    }

    # A label of the rule itself is no `$labels` of its template.
    missing = {
        one.alert: lacking
        for one in fired()
        for labels in one.labels
        if (lacking := quoted[one.alert] - (labels - {"alertname", "alertstate", "severity", "service"}))
    }
    assert missing == {}


@pytest.mark.parametrize(("name", "text"), RUNBOOKS.items(), ids=list(RUNBOOKS))
def test_a_runbook_answers_what_somebody_on_call_asks(name: str, text: str) -> None:
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert len(text.splitlines()) <= RUNBOOK_LINES_AT_MOST


@pytest.mark.parametrize(("name", "text"), RUNBOOKS.items(), ids=list(RUNBOOKS))
def test_a_runbook_names_only_metrics_there_are(name: str, text: str) -> None:
    named = {found[0] for found in METRIC_LIKE.finditer(OF_CURL.sub("", text))}

    assert {word for word in named - KNOWN - PARTS if not word.startswith(OF_THE_WATCHERS)} == set()


@pytest.mark.parametrize(("name", "text"), RUNBOOKS.items(), ids=list(RUNBOOKS))
def test_a_runbook_begins_on_the_dashboard_its_alert_leads_to_at_panels_there_are(name: str, text: str) -> None:
    board = board_of(name)
    titles = {panel.title for panel in board.panels}

    places = LOOK_AT.findall(text)

    assert {title for title, _ in places} == {board.title}
    assert {panel for _, panel in places if panel} - titles == set()


@pytest.mark.parametrize(("name", "text"), RUNBOOKS.items(), ids=list(RUNBOOKS))
def test_a_runbook_names_only_fields_the_log_has(name: str, text: str) -> None:
    assert {field for field in LOG_FIELD.findall(text) if f"`{field}`" not in LOGS} == set()


@pytest.mark.parametrize(("name", "text"), RUNBOOKS.items(), ids=list(RUNBOOKS))
def test_a_runbook_says_which_test_proves_its_alert(name: str, text: str) -> None:
    proofs = [PROJECT / place for place in re.findall(r"alerts/tests/\w+\.yaml", text)]

    assert proofs
    assert [path for path in proofs if f'"{name}"' not in path.read_text()] == []


def test_runbooks_name_only_settings_there_are() -> None:
    named = set(re.findall(rf"{PREFIX}([A-Z_]+[A-Z])", "".join(RUNBOOKS.values())))

    assert {word.lower() for word in named} - Settings.model_fields.keys() == set()


def test_no_runbook_is_of_an_alert_that_is_gone() -> None:
    assert RUNBOOKS.keys() - ALERTS.keys() == set()


def test_the_documentation_lists_every_alert_with_its_severity() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\(\.\./alerts/runbooks/\1\.md\) \| (\w+) \|", DOCUMENTATION, re.MULTILINE)

    assert sorted(listed) == sorted((name, rule["labels"]["severity"]) for name, rule in ALERTS.items())

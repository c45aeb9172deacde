"""The dashboards are complete and can be believed: the rules of Grafana's dashboard-linter, and our own.

The linter's rules are those of github.com/grafana/dashboard-linter (docs/index.md), looked at here under their names.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from telemetry.catalogue import CATALOGUE
from telemetry.render.dashboards.all_boards import all_boards
from telemetry.render.scrape_metrics import SCRAPE_METRICS
from tests.artefacts.alert_files import RECORDED, rules
from tests.artefacts.dashboard_files import DASHBOARDS, asked, filled, selectors
from tests.environment import require
from tests.pictures.grafana_json import Dashboard, Panel
from tests.source_tree import PROJECT

OF_PROMETHEUS = {"ALERTS"}
"""Series Prometheus makes of the rules, which have the labels the rules gave them."""

CHOSEN = {"job": '=~"$job"', "instance": '=~"$instance"'}
QUESTIONS = re.compile(r"[A-Z].*\?")
UNITS = {"none", "short", "percentunit", "s", "bytes", "reqps", "ops"}
COUNTED = re.compile(r"(rate|irate|increase)\($")

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))


def _drawn(dashboard: Dashboard) -> list[Panel]:
    return [panel for panel in dashboard.panels if panel.type != "row"]


def test_there_is_a_file_for_every_board() -> None:
    assert sorted(DASHBOARDS) == sorted(board.name for board in all_boards())


@every_dashboard
def test_a_dashboard_can_be_told_from_others_and_changed_by_nobody(dashboard: Dashboard) -> None:
    # template-uneditable-rule
    assert dashboard.uid.startswith("mainstay-")
    assert not dashboard.editable
    assert dashboard.title
    assert dashboard.description
    assert dashboard.refresh == "30s"


@every_dashboard
def test_the_source_of_data_is_chosen(dashboard: Dashboard) -> None:
    # template-datasource-rule, panel-datasource-rule
    first = dashboard.templating.list[0]
    sources = {panel.datasource.uid for panel in _drawn(dashboard) if panel.datasource}

    assert (first.type, first.name, first.label, first.query) == (
        "datasource",
        "datasource",
        "Data source",
        "prometheus",
    )
    assert sources == {"${datasource}"}
    assert all(panel.datasource for panel in _drawn(dashboard))


@every_dashboard
@pytest.mark.parametrize("name", ["job", "instance"])
def test_jobs_and_instances_are_chosen(dashboard: Dashboard, name: str) -> None:
    # template-job-rule, template-instance-rule, template-on-time-change-reload-rule
    chosen = next(variable for variable in dashboard.templating.list if variable.name == name)

    assert chosen.type == "query"
    assert chosen.label == name.title()
    assert chosen.datasource is not None
    assert chosen.datasource.uid == "${datasource}"
    assert chosen.multi
    assert chosen.include_all
    assert chosen.all_value == ".+"
    assert chosen.refresh == 2


@every_dashboard
def test_every_panel_has_a_title_a_description_a_unit_and_a_query(dashboard: Dashboard) -> None:
    # panel-title-description-rule, panel-units-rule, panel-no-targets-rule
    lacking = [
        panel.title
        for panel in _drawn(dashboard)
        if not (panel.title and panel.description.endswith(".") and panel.targets)
        or panel.field_config.defaults.unit not in UNITS
    ]

    assert lacking == []


@every_dashboard
def test_every_row_asks_a_question(dashboard: Dashboard) -> None:
    rows = [panel.title for panel in dashboard.panels if panel.type == "row"]

    assert rows
    assert [title for title in rows if not QUESTIONS.fullmatch(title)] == []


@every_dashboard
def test_no_id_is_used_twice_and_panels_leave_no_gap(dashboard: Dashboard) -> None:
    ids = Counter(panel.id for panel in dashboard.panels)
    cells = Counter(
        (x, y)
        for place in (panel.grid_pos for panel in dashboard.panels)
        for x in range(place.x, place.x + place.w)
        for y in range(place.y, place.y + place.h)
    )
    height = max(y for _, y in cells) + 1

    assert max(ids.values()) == 1
    assert max(cells.values()) == 1
    assert len(cells) == 24 * height


def test_every_query_is_promql(tmp_path: Path) -> None:
    # target-promql-rule
    written = tmp_path / "queries.yaml"
    queries = [
        {"record": f"query:{number}", "expr": filled(target.expr)} for number, (_, _, target) in enumerate(asked())
    ]
    marks = [{"record": "mark", "expr": filled(mark.expr)} for d in DASHBOARDS.values() for mark in d.annotations.list]
    written.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": queries + marks[:2]}]}))

    checked = subprocess.run(
        [require("promtool"), "check", "rules", written], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_query_is_for_the_chosen_jobs_and_instances() -> None:
    # target-job-rule, target-instance-rule
    loose = [
        f"{dashboard.title} / {panel.title}: {name}{{{matchers}}}"
        for dashboard, panel, target in asked()
        for name, matchers in selectors(target.expr)
        if name not in OF_PROMETHEUS | RECORDED
        and not all(f"{label}{chosen}" in matchers for label, chosen in CHOSEN.items())
    ]

    assert loose == []


def test_every_rate_has_a_window_that_fits() -> None:
    # target-rate-interval-rule: Grafana's own window, or all the time that is shown
    windows = {window for _, _, target in asked() for window in re.findall(r"\[([^]]+)\]", target.expr)}

    assert windows == {"$__rate_interval", "$__range"}


def test_every_counter_is_counted() -> None:
    # target-counter-agg-rule
    bare = [
        f"{dashboard.title} / {panel.title}: {target.expr}"
        for dashboard, panel, target in asked()
        for found in re.finditer(r"\b\w+_total\{", target.expr)
        if not COUNTED.search(target.expr[: found.start()])
    ]

    assert bare == []


def test_every_metric_is_on_a_panel_or_in_a_rule() -> None:
    texts = [target.expr for _, _, target in asked()] + [rule["expr"] for rule in rules()]
    unseen = [
        metric.name
        for metric in CATALOGUE
        if not any(re.search(rf"\b{metric.name}(_bucket|_count|_sum)?\b", text) for text in texts)
    ]

    assert unseen == []


def test_no_panel_asks_for_what_there_is_not() -> None:
    known = {metric.name for metric in (*CATALOGUE, *SCRAPE_METRICS) if metric.kind != "histogram"}
    known |= {
        f"{metric.name}_{part}"
        for metric in CATALOGUE
        if metric.kind == "histogram"
        for part in ("bucket", "count", "sum")
    }
    known |= OF_PROMETHEUS | RECORDED
    labels = {metric.name: {*metric.labels, "job", "instance", "le"} for metric in (*CATALOGUE, *SCRAPE_METRICS)}

    strange = [
        f"{dashboard.title} / {panel.title}: {name}{{{matchers}}}"
        for dashboard, panel, target in asked()
        for name, matchers in selectors(target.expr)
        if name not in known
        or set(re.findall(r"(\w+)(?:=|!)", matchers))
        - labels.get(re.sub("_(bucket|count|sum)$", "", name), set(re.findall(r"(\w+)(?:=|!)", matchers)))
    ]

    assert strange == []


def test_every_way_on_leads_to_a_dashboard_there_is() -> None:
    uids = {dashboard.uid for dashboard in DASHBOARDS.values()}
    led = {
        uid
        for path in (PROJECT / "dashboards").glob("*.json")
        for uid in re.findall(r'"url": "/d/([\w-]+)', path.read_text())
    }

    assert led == uids


def test_grafana_is_told_where_prometheus_and_the_dashboards_are() -> None:
    folder = PROJECT / "dashboards" / "provisioning"

    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "mainstay.yaml").read_text())["providers"]

    assert (source["type"], source["url"], source["jsonData"]["timeInterval"]) == (
        "prometheus",
        "http://localhost:9090",
        "15s",
    )
    assert source["jsonData"]["exemplarTraceIdDestinations"][0]["name"] == "trace_id"
    assert (provider["allowUiUpdates"], provider["options"]) == (False, {"path": "/var/lib/grafana/dashboards"})

"""`make prove` makes a fault for every alert there is."""

from tests.pictures.grafana_json import read_dashboard
from tests.proof.alert_names import rule_of
from tests.proof.paces import ALWAYS, alerts_of, rule_files
from tests.proof.plan import all_faults
from tests.proof.report import NOT_CHANGED
from tests.proof.runbooks import live_proofs, with_live_proof
from tests.proof.shops import DOORS
from tests.source_tree import PROJECT


def test_every_alert_has_its_fault() -> None:
    able_to = {rule_of(alert) for fault in all_faults() for alert in fault.alerts | fault.follow}

    assert alerts_of(DOORS).keys() - ALWAYS == able_to


def test_every_alert_is_at_one_pace() -> None:
    text = "".join(rule_files(DOORS, "shop").values())

    assert {alert for alert in alerts_of(DOORS) if f"alert: {alert}\n" not in text} == set()


def test_every_runbook_says_which_fault_proves_its_alert() -> None:
    told = live_proofs(all_faults(), list(alerts_of(DOORS)))

    stale = [file.name for file, line in told.items() if with_live_proof(file.read_text(), line) != file.read_text()]
    assert stale == [], "`python -m tests.proof --write` writes them anew"


def test_the_page_of_the_proof_shows_every_fault_and_every_alert_of_it() -> None:
    page = (PROJECT / "docs" / "proof.md").read_text()

    assert [fault.name for fault in all_faults() if f"| {fault.name} " not in page] == []
    assert [one for fault in all_faults() for one in fault.alerts if f"| [{one}](" not in page] == []
    assert "never" not in page


def test_the_page_of_the_proof_shows_a_fault_on_every_panel_of_every_dashboard() -> None:
    page = (PROJECT / "docs" / "proof.md").read_text()
    dashboards = [read_dashboard(file) for file in (PROJECT / "dashboards").glob("*.json")]

    panels = [panel.title for dashboard in dashboards for panel in dashboard.panels if panel.targets]
    assert [title for title in panels if f"\n| {title} | " not in page] == []
    assert NOT_CHANGED not in page

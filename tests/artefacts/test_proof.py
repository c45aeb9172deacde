"""`make prove` makes a fault for every alert there is."""

from tests.proof.dependency_faults import dependency_faults
from tests.proof.paces import ALWAYS, NOT_MADE, alerts_of, rule_files
from tests.proof.patient_faults import ending_faults, patient_faults
from tests.proof.postgres_faults import postgres_faults
from tests.proof.process_faults import greedy_faults, process_faults
from tests.proof.shops import DOORS


def test_every_alert_has_its_fault() -> None:
    of_dependencies = [*dependency_faults(), *postgres_faults()]
    faults = [*of_dependencies, *process_faults(), *greedy_faults(), *patient_faults(), *ending_faults()]
    meant = {alert for fault in faults for alert in fault.alerts}
    able_to = meant | {alert for fault in faults for alert in fault.follow}

    assert alerts_of(DOORS).keys() - ALWAYS - NOT_MADE.keys() == able_to


def test_every_alert_is_at_one_pace() -> None:
    text = "".join(rule_files(DOORS, "shop").values())

    assert {alert for alert in alerts_of(DOORS) if f"alert: {alert}\n" not in text} == set()

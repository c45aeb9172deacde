"""Which faults there are, and which of them are made side by side: lanes do not disturb each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telemetry.render.rules import AlertRule
from tests.proof.alert_names import rule_of
from tests.proof.dependency_faults import dependency_faults
from tests.proof.fault import Fault
from tests.proof.patient_faults import ending_faults, patient_faults
from tests.proof.postgres_faults import postgres_faults
from tests.proof.process_faults import greedy_faults, process_faults
from tests.proof.replica_faults import replica_faults
from tests.proof.server_incidents import redis_incidents, unseen_incidents
from tests.proof.telemetry_faults import telemetry_faults

Batch = Sequence[Fault]
"""Faults that hold at the same time; one alone, mostly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Batches that are made one after the other of the shop of a job."""

    job: str
    batches: Sequence[Batch]

    @property
    def faults(self) -> Sequence[Fault]:
        """All of them."""
        return [fault for batch in self.batches for fault in batch]


Plan = Sequence[Lane]
"""What is made side by side."""


def lanes() -> Plan:
    """What is made first."""
    patient = [*patient_faults(), *postgres_faults(), *redis_incidents()]
    return [
        Lane(job="dependencies", batches=[*_each(telemetry_faults()), *_each(dependency_faults())]),
        Lane(job="process", batches=_each(process_faults())),
        Lane(job="process", batches=_each(unseen_incidents())),
        Lane(job="patience", batches=[patient, *_each(replica_faults()), *_each(ending_faults())]),
    ]


def last() -> Plan:
    """What is made when the lanes have come to their ends."""
    return [Lane(job="process", batches=_each(greedy_faults()))]


def all_faults() -> Sequence[Fault]:
    """Every one, in the order of the lanes."""
    return [fault for lane in (*lanes(), *last()) for fault in lane.faults]


def boards_of(faults: Sequence[Fault], alerts: Mapping[str, AlertRule]) -> Mapping[str, frozenset[str]]:
    """The dashboards that each fault is about, by its name: what it says, and where its alerts lead."""
    return {fault.name: fault.boards | {alerts[rule_of(alert)].board for alert in fault.alerts} for fault in faults}


def _each(faults: Sequence[Fault]) -> Sequence[Batch]:
    return [[fault] for fault in faults]

"""Which faults there are, and which of them are made side by side: lanes do not disturb each other."""

from collections.abc import Mapping, Sequence

from tests.proof.dependency_faults import dependency_faults
from tests.proof.fault import Fault
from tests.proof.patient_faults import ending_faults, patient_faults
from tests.proof.postgres_faults import postgres_faults
from tests.proof.process_faults import greedy_faults, process_faults
from tests.proof.replica_faults import replica_faults
from tests.proof.telemetry_faults import telemetry_faults

Batch = Sequence[Fault]
"""Faults that hold at the same time; one alone, mostly."""

Plan = Mapping[str, Sequence[Batch]]
"""The batches of each shop, by its job, one after the other."""


def lanes() -> Plan:
    """What is made first, all lanes at once."""
    return {
        "dependencies": [*_each(telemetry_faults()), *_each(dependency_faults())],
        "process": _each(process_faults()),
        "patience": [[*patient_faults(), *postgres_faults()], *_each(replica_faults()), *_each(ending_faults())],
    }


def last() -> Plan:
    """What is made when the lanes have come to their ends."""
    return {"process": _each(greedy_faults())}


def all_faults() -> Sequence[Fault]:
    """Every one, in the order of the lanes."""
    return [fault for lane in (*lanes().values(), *last().values()) for batch in lane for fault in batch]


def _each(faults: Sequence[Fault]) -> Sequence[Batch]:
    return [[fault] for fault in faults]

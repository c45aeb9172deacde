"""The line of each runbook that says which faults make its alert fire; generated, as the faults are data."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.proof.alert_names import rule_of
from tests.proof.fault import Fault
from tests.source_tree import PROJECT

FOLDER = PROJECT / "alerts" / "runbooks"
_BEGIN = "[Live](../../docs/proof.md), "


def with_live_proof(text: str, line: str) -> str:
    """A runbook that ends with this line and with no other of its kind; its last section is "How it was proven"."""
    kept = [one for one in text.splitlines() if not one.startswith(_BEGIN)]
    return "\n".join([*kept, *([] if kept[-1] == "" else [""]), line]) + "\n"


def live_proofs(faults: Sequence[Fault], alerts: Sequence[str]) -> Mapping[Path, str]:
    """The line of each alert, by the file of its runbook."""
    return {FOLDER / f"{alert}.md": f"{_BEGIN}{_told(alert, faults)}" for alert in alerts}


def _told(alert: str, faults: Sequence[Fault]) -> str:
    makers = [fault.name for fault in faults if alert in map(rule_of, fault.alerts)]
    followed = [fault.name for fault in faults if alert in fault.follow]
    if makers:
        return f"it fires where {_listed(makers)}."
    if followed:
        return f"it follows where {_listed(followed)}."
    return "it fires all the time."


def _listed(names: Sequence[str]) -> str:
    return "; where ".join(names)

"""What a service promises, in its document: `x-slo`, at its top and at each operation with a promise of its own."""

from collections.abc import Iterable, Mapping, Sequence

from server.openapi.json_value import JSON, Object
from telemetry.objectives import BUDGET_DAYS, Sli

EXTENSION = "x-slo"


def service_objectives(slis: Iterable[Sli]) -> Object:
    """The member of the document for what is promised of all requests; none where nothing is."""
    return _extension([sli for sli in slis if not sli.about])


def mark_objectives(paths: Mapping[str, Object], slis: Sequence[Sli]) -> None:
    """Tell each operation what is promised of it alone."""
    own = [sli for sli in slis if sli.about]
    for path, item in paths.items():
        for method, operation in item.items():
            if isinstance(operation, dict):
                operation.update(_extension([sli for sli in own if (method.upper(), path) in sli.covers]))


def _extension(slis: Sequence[Sli]) -> Object:
    return {EXTENSION: [_told(sli) for sli in slis]} if slis else {}


def _told(sli: Sli) -> Object:
    threshold: dict[str, JSON] = {} if sli.under_seconds is None else {"under_seconds": sli.under_seconds}
    return {"sli": sli.name, "kind": sli.kind, "target": sli.target, **threshold, "window_days": BUDGET_DAYS}

"""What no objective may be: promises that nobody could see broken, or that are made twice."""

from collections import Counter
from collections.abc import Iterator, Sequence

from server.declared_slis import about, sli_name
from server.resource_rules import name_of
from server.route_rules import label_of
from server.service import Resource, Route, Service
from storage.mistakes import Mistake
from telemetry.catalogue.request_rows import REQUEST_BUCKETS_SECONDS
from telemetry.objectives import FASTEST_FACTOR, Availability, Latency, Objective, can_fire

_PER_CENT = 100


def objective_mistakes(service: Service) -> Iterator[Mistake]:
    """Everything wrong with the objectives of a service, of its resources and of its routes."""
    for where, declared in _owners(service):
        if isinstance(declared.objectives, list | tuple):
            yield from _mistakes(where, declared.objectives, about=declared)
        else:
            detail = "objectives is a list, as [Availability(0.999), Latency(0.99, under_seconds=0.25)]"
            yield Mistake(where=where, detail=detail, about=declared)
    yield from _shared_names(service)


def _owners(service: Service) -> Iterator[tuple[str, Service | Resource | Route]]:
    yield f"Service {service.name!r}", service
    yield from ((name_of(resource), resource) for resource in service.resources)
    yield from ((label_of(route), route) for route in service.routes)


def _mistakes(where: str, declared: Sequence[object], *, about: object) -> Iterator[Mistake]:
    kinds: set[type] = set()
    for objective in declared:
        if not isinstance(objective, Availability | Latency):
            detail = f"objectives holds {objective!r}, which is neither Availability(…) nor Latency(…)"
            yield Mistake(where=where, detail=detail, about=about)
            continue
        for detail in _problems(objective):
            yield Mistake(where=f"{where}: {objective!r}", detail=detail, about=objective)
        if type(objective) in kinds:
            detail = f"{type(objective).__name__} is promised of the same requests already: keep the one you mean"
            yield Mistake(where=f"{where}: {objective!r}", detail=detail, about=objective)
        kinds.add(type(objective))


def _problems(objective: Objective) -> Iterator[str]:
    yield from _target_problems(objective.target)
    if isinstance(objective, Latency):
        yield from _threshold_problems(objective.under_seconds)


def _target_problems(target: object) -> Iterator[str]:
    if not _is_number(target):
        yield f"a target is a share such as 0.999, not {target!r}"
        return
    share = float(str(target))
    if 1 < share < _PER_CENT:
        yield f"a target is a share and no percentage: {share / _PER_CENT:.6g}"
    elif not 0 < share < 1:
        yield "a target is above 0 and below 1: at 1, the first failure ever breaks it"
    elif not can_fire(share):
        burnt = FASTEST_FACTOR * (1 - share)
        yield (
            f"nothing could page: that is for when {FASTEST_FACTOR} times the budget of {1 - share:.4g} fails, "
            f"{burnt:.4g} of all requests; a target above {1 - 1 / FASTEST_FACTOR:.4f} leaves room for it"
        )


def _threshold_problems(under_seconds: object) -> Iterator[str]:
    if not _is_number(under_seconds):
        yield f"under_seconds is a number such as 0.25, not {under_seconds!r}"
    elif under_seconds not in REQUEST_BUCKETS_SECONDS:
        nearest = " or ".join(f"{bound:g}" for bound in _around(float(str(under_seconds))))
        yield f"under_seconds is a bucket of the request histogram, so that it can be seen there: {nearest}"


def _around(seconds: float) -> list[float]:
    """The buckets on either side."""
    below = [bound for bound in REQUEST_BUCKETS_SECONDS if bound < seconds]
    above = [bound for bound in REQUEST_BUCKETS_SECONDS if bound > seconds]
    return below[-1:] + above[:1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shared_names(service: Service) -> Iterator[Mistake]:
    """Paths that differ only in their marks would be counted together."""
    parts: Sequence[Resource | Route] = (*service.resources, *service.routes)
    names = Counter(
        sli_name(objective, about(part))
        for part in parts
        if isinstance(part.objectives, list | tuple)
        for objective in {type(one): one for one in part.objectives if isinstance(one, Availability | Latency)}.values()
    )
    for name in (name for name, times in names.items() if times > 1):
        detail = f"two objectives would be counted as {name}: their paths have the same words; keep one of them"
        yield Mistake(where=f"Service {service.name!r}", detail=detail, about=service)

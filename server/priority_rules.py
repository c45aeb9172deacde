"""What no priority is."""

from collections.abc import Iterator

from middleware.inbound.priorities import PRIORITIES
from server.resource_rules import name_of
from server.route_rules import label_of
from server.service import Service
from storage.mistakes import Mistake


def priority_mistakes(service: Service) -> Iterator[Mistake]:
    """Every priority of a resource or a route that is no word for one."""
    for resource in service.resources:
        yield from _mistakes(name_of(resource), resource.priority, about=resource)
    for route in service.routes:
        yield from _mistakes(label_of(route), route.priority, about=route)


def _mistakes(where: str, priority: object, *, about: object) -> Iterator[Mistake]:
    if priority not in PRIORITIES:
        words = ", ".join(map(repr, PRIORITIES))
        yield Mistake(where=where, detail=f"priority is one of {words}, not {priority!r}", about=about)

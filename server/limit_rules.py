"""What a declared limit may not be, and what may not be charged to it."""

from collections.abc import Iterator, Mapping

from middleware.inbound.quota import Limit
from server.resource_rules import name_of
from server.route_rules import label_of
from server.service import Service
from storage.mistakes import Mistake

LEAST_FACTOR, GREATEST_FACTOR = 0.01, 1_000
"""What the declared limits may be multiplied by."""

_PER_SECOND_AT_MOST = 1_000_000
"""A limiter counts in microseconds."""


def limit_mistakes(service: Service) -> Iterator[Mistake]:
    """Everything wrong with the limits of a service, of its resources and of its routes."""
    defaults: Mapping[str, object] = {"read_limit": service.read_limit, "write_limit": service.write_limit}
    yield from _told(f"Service {service.name!r}", _limit_problems(defaults), about=service)
    yield from _told(f"Service {service.name!r}", _factor_problems(service.limit_factors), about=service)
    for resource in service.resources:
        words = {"limit": resource.limit, "read_limit": resource.read_limit, "write_limit": resource.write_limit}
        yield from _told(name_of(resource), _limit_problems(words), about=resource)
        reading = resource.read_limit or resource.limit or service.read_limit
        writing = resource.write_limit or resource.limit or service.write_limit
        yield from _told(name_of(resource), _cost_problems(resource.cost, reading, writing), about=resource)
    for route in service.routes:
        yield from _told(label_of(route), _limit_problems({"limit": route.limit}), about=route)
        default = service.read_limit if route.method == "GET" else service.write_limit
        yield from _told(label_of(route), _cost_problems(route.cost, route.limit or default), about=route)


def _told(where: str, details: Iterator[str], *, about: object) -> Iterator[Mistake]:
    yield from (Mistake(where=where, detail=detail, about=about) for detail in dict.fromkeys(details))


def _limit_problems(words: Mapping[str, object]) -> Iterator[str]:
    for word, limit in words.items():
        if limit is None:
            continue
        if not isinstance(limit, Limit):
            yield f"{word} is a limit such as Limit(100, per_seconds=60, burst=20), not {limit!r}"
        elif not all(_is_count(number) for number in (limit.requests, limit.per_seconds, limit.at_once)):
            yield f"{word}: requests, per_seconds and burst are whole numbers from 1"
        elif limit.requests > limit.per_seconds * _PER_SECOND_AT_MOST:
            yield f"{word} allows more than {_PER_SECOND_AT_MOST:,} requests a second; None is no limit at all"


def _factor_problems(factors: object) -> Iterator[str]:
    if not isinstance(factors, Mapping) or not all(isinstance(name, str) for name in factors):
        yield "limit_factors gives roles their share of the limits, as {'partner': 10}"
        return
    for name, factor in factors.items():
        if not is_factor(factor):
            yield f"limit_factors: {name!r} is a number from {LEAST_FACTOR} to {GREATEST_FACTOR}, not {factor!r}"


def is_factor(value: object) -> bool:
    """Whether declared limits may be multiplied by it."""
    return isinstance(value, int | float) and not isinstance(value, bool) and LEAST_FACTOR <= value <= GREATEST_FACTOR


def _cost_problems(cost: object, *limits: Limit | None) -> Iterator[str]:
    if not _is_count(cost):
        yield "cost is a whole number from 1"
        return
    for limit in limits:
        if isinstance(limit, Limit) and _is_count(limit.at_once) and int(str(cost)) > limit.at_once:
            yield f"cost {cost} never fits a limit that allows {limit.at_once} at once"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1

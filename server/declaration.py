"""Checks a whole declaration: every mistake at once, in the file's own words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.cors_rules import cors_mistakes
from server.limit_rules import limit_mistakes
from server.resource_rules import name_of, resource_mistakes
from server.route_rules import label_of, route_mistakes
from server.service import Resource, Route, Service, Upstream
from storage.describe import look_at_all
from storage.mistakes import Misdeclared, Mistake
from storage.model import Model
from storage.record_type import RecordType

Types = Mapping[type[Model], RecordType]

RESERVED_PATHS = ("/docs", "/openapi.json")
_SERVICE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A service without mistakes, and its models as storage knows them."""

    service: Service
    types: Types


def checked(service: Service) -> Declaration:
    """The service, read; raises Misdeclared with every mistake in it."""
    return Declaration(service=service, types=described(service))


def described(service: Service) -> Types:
    """The service's models, read; raises Misdeclared with every mistake in the declaration."""
    wrong = [*_parts_of_another_kind(service)]
    if wrong:
        raise Misdeclared(wrong)  # nothing more can be told of what is no resource at all
    models = look_at_all([resource.model for resource in service.resources])
    mistakes = [*models.mistakes, *_service_mistakes(service)]
    for resource in service.resources:
        mistakes += resource_mistakes(resource, models.types[resource.model])
    for route in service.routes:
        mistakes += route_mistakes(route)
    mistakes += cors_mistakes(service)
    mistakes += limit_mistakes(service)
    mistakes += _clashes(service)
    mistakes += _upstream_mistakes(service.upstreams)
    if mistakes:
        raise Misdeclared(mistakes)
    return models.types


def _parts_of_another_kind(service: Service) -> Iterator[Mistake]:
    parts: Sequence[tuple[str, Any, type]] = (
        ("resources", service.resources, Resource),
        ("routes", service.routes, Route),
        ("upstreams", service.upstreams, Upstream),
    )
    where = f"Service {service.name!r}"
    for word, values, kind in parts:
        if not isinstance(values, list | tuple):
            yield Mistake(where=where, detail=f"{word} is a list of {kind.__name__}(…)")
            continue
        for value in values:
            if not isinstance(value, kind):
                yield Mistake(where=where, detail=f"{word} holds {value!r}, which is no {kind.__name__}(…)")
            elif isinstance(value, Resource) and not _is_model(value.model):
                yield Mistake(where=f"Resource({value.model!r})", detail="its model is a class derived from Model")


def _is_model(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, Model) and model is not Model


def _service_mistakes(service: Service) -> Iterator[Mistake]:
    where = f"Service {service.name!r}"
    if not _SERVICE_NAME.fullmatch(service.name):
        yield Mistake(where=where, detail="a name is lower case: letters, digits, - and _")
    if not service.resources and not service.routes:
        yield Mistake(where=where, detail="declares neither resources nor routes")


def _clashes(service: Service) -> Iterator[Mistake]:
    """Two things at one address; parameters' names make no difference. Each pair is told once."""
    taken: dict[tuple[str, str], str] = {}
    told: set[tuple[str, str]] = set()
    for method, path, where in _addresses(service):
        place = re.sub(r"\{[^}]*\}", "{}", path)
        holder = "Mainstay itself" if _is_reserved(path) else taken.setdefault((method, place), where)
        if holder is not where and (where, holder) not in told:
            told.add((where, holder))
            yield Mistake(where=where, detail=f"{method} {path} is taken by {holder}")


def _is_reserved(path: str) -> bool:
    return path in RESERVED_PATHS or path.startswith("/docs/")


def _addresses(service: Service) -> Iterator[tuple[str, str, str]]:
    for resource in service.resources:
        where = name_of(resource)
        for method in ("GET", "POST"):
            yield method, resource.path, where
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            yield method, f"{resource.path}/{{key}}", where
    for route in service.routes:
        yield route.method, route.path, label_of(route)


def _upstream_mistakes(upstreams: Sequence[Upstream]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for upstream in upstreams:
        where = f"Upstream({upstream.name!r})"
        if not _SERVICE_NAME.fullmatch(upstream.name):
            yield Mistake(where=where, detail="a name is lower case: letters, digits, - and _")
        if upstream.name in seen:
            yield Mistake(where=where, detail="there are two of this name")
        if not _ENVIRONMENT_NAME.fullmatch(upstream.base_url_env):
            yield Mistake(where=where, detail="base_url_env names an environment variable, e.g. PAYMENTS_URL")
        seen.add(upstream.name)

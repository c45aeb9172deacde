"""Checks a whole declaration: every mistake at once, in the file's own words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.account_rules import account_mistakes
from server.cors_rules import cors_mistakes
from server.field_marker_rules import marker_mistakes
from server.identity.access import is_about_owners
from server.kind_rules import kind_mistakes, without
from server.limit_rules import limit_mistakes
from server.objective_rules import objective_mistakes
from server.priority_rules import priority_mistakes
from server.resource_rules import name_of, resource_mistakes
from server.role_rules import role_mistakes
from server.route_rules import label_of, route_mistakes
from server.service import METHODS, Resource, Route, Service, Upstream
from server.unlisted_upstreams import unlisted_upstream_mistakes
from server.upstream_rules import upstream_mistakes
from storage.describe import look_at_all
from storage.mistakes import Misdeclared, Mistake
from storage.model import Model
from storage.record_type import RecordType

Types = Mapping[type[Model], RecordType]

RESERVED_PATHS = ("/docs", "/identity", "/openapi.json")
_SERVICE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


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
    unfit = [*kind_mistakes(service), *_emptiness(service)]
    sound = without(service, unfit) if unfit else service
    types, mistakes = _looked_at(sound, of=service)
    if unfit or mistakes:
        raise Misdeclared([*unfit, *(replace(one, about=service) if one.about is sound else one for one in mistakes)])
    return types


def _looked_at(service: Service, *, of: Service) -> tuple[Types, list[Mistake]]:
    """The models and every mistake `of` a service, where this is what of it has values of the right kind."""
    owned = {resource.model for resource in of.resources if any(map(is_about_owners, resource.words.values()))}
    audited = {resource.model for resource in of.resources if resource.audited}
    models = look_at_all([resource.model for resource in of.resources], owned=owned, audited=audited)
    mistakes = [*models.mistakes, *_service_mistakes(service)]
    for record_type in models.types.values():
        mistakes += marker_mistakes(record_type)
    for resource in service.resources:
        mistakes += resource_mistakes(resource, models.types[resource.model])
    for route in service.routes:
        mistakes += route_mistakes(route, rows_have_owners=bool(owned))
    mistakes += cors_mistakes(service)
    mistakes += limit_mistakes(service)
    mistakes += priority_mistakes(service)
    mistakes += objective_mistakes(service)
    mistakes += account_mistakes(service)
    mistakes += role_mistakes(service)
    mistakes += _clashes(service, models.types)
    mistakes += upstream_mistakes(service.upstreams)
    mistakes += unlisted_upstream_mistakes(service)
    return models.types, mistakes


def _parts_of_another_kind(service: Service) -> Iterator[Mistake]:
    parts: Sequence[tuple[str, Any, type]] = (
        ("resources", service.resources, Resource),
        ("routes", service.routes, Route),
        ("upstreams", service.upstreams, Upstream),
    )
    where = f"Service {service.name!r}"
    for word, values, kind in parts:
        if not isinstance(values, list | tuple):
            yield Mistake(where=where, detail=f"{word} is a list of {kind.__name__}(…)", about=service)
            continue
        for value in values:
            if not isinstance(value, kind):
                detail = f"{word} holds {value!r}, which is no {kind.__name__}(…)"
                yield Mistake(where=where, detail=detail, about=service)
            elif isinstance(value, Resource) and not _is_model(value.model):
                detail = "its model is a class derived from Model"
                yield Mistake(where=f"Resource({value.model!r})", detail=detail, about=value)


def _is_model(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, Model) and model is not Model


def _service_mistakes(service: Service) -> Iterator[Mistake]:
    if not _SERVICE_NAME.fullmatch(service.name):
        where = f"Service {service.name!r}"
        yield Mistake(where=where, detail="a name is lower case: letters, digits, - and _", about=service)


def _emptiness(service: Service) -> Iterator[Mistake]:
    if not service.resources and not service.routes:
        where = f"Service {service.name!r}"
        yield Mistake(where=where, detail="declares neither resources nor routes", about=service)


def _clashes(service: Service, types: Types) -> Iterator[Mistake]:
    """Two things at one address; parameters' names make no difference. Each pair is told once.

    What a resource does not offer a route may: creating by logic of its own, for one.
    """
    taken: dict[tuple[str, str], Resource | Route] = {}
    told: set[tuple[int, int]] = set()
    for method, path, one in _addresses(service):
        place = method, _shape(path)
        holder = None if _is_reserved(path) else taken.setdefault(place, one)
        if isinstance(one, Route) and isinstance(holder, Resource) and place not in _offered(holder):
            taken[place] = one
            yield from _misnamed(one, holder.address_of("read", types[holder.model].key.name))
        elif holder is not one and (id(one), id(holder)) not in told:
            told.add((id(one), id(holder)))
            detail = f"{method} {path} is taken by {_label(holder) if holder else 'Mainstay itself'}"
            yield Mistake(where=_label(one), detail=detail, about=one, other=holder)


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _offered(resource: Resource) -> set[tuple[str, str]]:
    return {(METHODS[action], resource.address_of(action, "")) for action in resource.actions}


def _misnamed(route: Route, record_path: str) -> Iterator[Mistake]:
    """One address has one name in the OpenAPI document: the parameter is called as the resource's key."""
    if _shape(route.path) == _shape(record_path) and route.path != record_path:
        yield Mistake(where=label_of(route), detail=f"at an address of a resource it is {record_path}", about=route)


def _label(declared: Resource | Route) -> str:
    return name_of(declared) if isinstance(declared, Resource) else label_of(declared)


def _is_reserved(path: str) -> bool:
    return path in RESERVED_PATHS or path.startswith(("/docs/", "/identity/"))


def _addresses(service: Service) -> Iterator[tuple[str, str, Resource | Route]]:
    for resource in service.resources:
        for method in ("GET", "POST"):
            yield method, resource.path, resource
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            yield method, f"{resource.path}/{{key}}", resource
    for route in service.routes:
        yield route.method, route.path, route

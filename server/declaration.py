"""Checks a whole declaration: every mistake at once, in the file's own words."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from server.list_query import LIST_PARAMETERS
from server.service import Resource, Route, Service, Upstream
from storage.describe import Misdeclared, Mistake, describe_all
from storage.model import Model
from storage.record_type import RecordType

Types = Mapping[type[Model], RecordType]

RESERVED_PATHS = ("/docs", "/openapi.json")
_SERVICE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_RESOURCE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_ROUTE_PATH = re.compile(r"(/([A-Za-z0-9._~-]+|\{[a-z_][a-z0-9_]*\}))+")
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_BODILESS = ("GET", "DELETE")


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
    mistakes: list[Mistake] = []
    types: Types = {}
    try:
        types = describe_all([resource.model for resource in service.resources])
    except Misdeclared as misdeclared:
        mistakes += misdeclared.mistakes
    mistakes += _service_mistakes(service)
    for resource in service.resources:
        mistakes += _resource_mistakes(resource, types.get(resource.model))
    for route in service.routes:
        mistakes += _route_mistakes(route)
    mistakes += _clashes(service, types)
    mistakes += _upstream_mistakes(service.upstreams)
    if mistakes:
        raise Misdeclared(mistakes)
    return types


def _service_mistakes(service: Service) -> Iterator[Mistake]:
    if not _SERVICE_NAME.fullmatch(service.name):
        yield Mistake(where=f"Service {service.name!r}", detail="a name is lower case: letters, digits, - and _")
    if not service.resources and not service.routes:
        yield Mistake(where=f"Service {service.name!r}", detail="declares neither resources nor routes")


def _resource_mistakes(resource: Resource, record_type: RecordType | None) -> Iterator[Mistake]:
    where = f"Resource({resource.model.__name__}, path={resource.path!r})"
    if not _RESOURCE_PATH.fullmatch(resource.path):
        yield Mistake(where=where, detail="a path begins with / and ends without one: /products")
    if not resource.actions:
        yield Mistake(where=where, detail="says nothing of access: give access=, or read= and write=, e.g. read=ANYONE")
    if resource.cache_seconds < 0:
        yield Mistake(where=where, detail="cache_seconds is 0 or more")
    if record_type is not None:
        yield from _offer_mistakes(where, resource, record_type=record_type)


def _offer_mistakes(where: str, resource: Resource, *, record_type: RecordType) -> Iterator[Mistake]:
    offers = {"filterable": resource.filterable or (), "sortable": resource.sortable or ()}
    for word, names in offers.items():
        for name in names:
            field = record_type.by_name.get(name)
            if field is None:
                yield Mistake(where=where, detail=f"{word} names {name!r}, which is no field of {record_type.name}")
            elif not field.indexed:
                yield Mistake(where=where, detail=f"{word} names {name!r}, which has no index: mark it Indexed()")
            elif word == "sortable" and field.kind == "json":
                yield Mistake(where=where, detail=f"sortable names {name!r}, but lists and objects have no order")
    for field in record_type.fields:
        offered = resource.filterable is None or field.name in resource.filterable
        if field.name in LIST_PARAMETERS and field.indexed and offered:
            yield Mistake(
                where=f"{record_type.name}.{field.name}",
                detail=f"cannot be filtered by: {field.name} is a parameter of every list; rename it",
            )


def _route_mistakes(route: Route) -> Iterator[Mistake]:
    where = f"Route({route.method} {route.path})"
    if not _ROUTE_PATH.fullmatch(route.path):
        yield Mistake(where=where, detail="a path is like /orders/{id}/pay")
    if not inspect.iscoroutinefunction(route.handler):
        yield Mistake(where=where, detail="its handler is not an async def")
    if route.access is None:
        yield Mistake(where=where, detail="says nothing of access: give access=, e.g. access=ANYONE")
    if route.accepts is not None and route.method in _BODILESS:
        yield Mistake(where=where, detail=f"a {route.method} has no body to accept")
    given: Mapping[str, object] = {"accepts": route.accepts, "parameters": route.parameters}
    for word, model in given.items():
        if model is not None and not (inspect.isclass(model) and issubclass(model, BaseModel)):
            yield Mistake(where=where, detail=f"{word} is a pydantic model")


def _clashes(service: Service, types: Types) -> Iterator[Mistake]:
    """Two things at one address; parameters' names make no difference."""
    taken: dict[tuple[str, str], str] = {("*", path): "Mainstay itself" for path in RESERVED_PATHS}
    for method, path, where in _addresses(service, types):
        place = re.sub(r"\{[^}]*\}", "{}", path)
        holder = taken.get(("*", place)) or taken.get((method, place))
        if holder is not None:
            yield Mistake(where=where, detail=f"{method} {path} is taken by {holder}")
        taken.setdefault((method, place), where)


def _addresses(service: Service, types: Types) -> Iterator[tuple[str, str, str]]:
    for resource in service.resources:
        where = f"Resource({resource.model.__name__}, path={resource.path!r})"
        yield "GET", resource.path, where
        yield "POST", resource.path, where
        if resource.model in types:
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                yield method, f"{resource.path}/{{}}", where
    for route in service.routes:
        yield route.method, route.path, f"Route({route.method} {route.path})"


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

"""What a resource's operations, schemas and components are called."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.service import Action, Resource, Route, Service, words_of_path
from storage.model import Model, snake_case
from storage.record_type import RecordType

_PATH_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One resource with all that its part of the document is written from."""

    resource: Resource
    record_type: RecordType
    singular: str
    """`order_line`: the model's name; after the first resource that serves it, with the path's words before it."""
    plural: str
    """`order_lines`: the path's words."""

    @property
    def schema(self) -> str:
        """The name of the record's schema."""
        return self.record_type.name

    @property
    def noun(self) -> str:
        """One record, in words."""
        return snake_case(self.record_type.name).replace("_", " ")

    @property
    def noun_with_article(self) -> str:
        """One record, in words, with `a` or `an`."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    @property
    def nouns(self) -> str:
        """The records, in words."""
        return self.plural.replace("_", " ")

    @property
    def collection_path(self) -> str:
        """The address of the list."""
        return self.resource.path

    @property
    def record_path(self) -> str:
        """The address of one record, as a template."""
        return f"{self.resource.path}/{{{self.record_type.key.name}}}"

    def operation_id(self, action: Action) -> str:
        """`list_products`, `read_product`, …"""
        return f"{action}_{self.plural if action == 'list' else self.singular}"


def served_resources(service: Service, types: Mapping[type[Model], RecordType]) -> list[Served]:
    """Every resource of the service, in its order."""
    seen: set[type[Model]] = set()
    served = []
    for resource in service.resources:
        plural, name = words_of_path(resource.path), snake_case(resource.model.__name__)
        singular = f"{plural}_{name}" if resource.model in seen else name
        seen.add(resource.model)
        served.append(Served(resource=resource, record_type=types[resource.model], singular=singular, plural=plural))
    return served


def path_parameters(path: str) -> tuple[str, ...]:
    """The names of a path's parameters, in order."""
    return tuple(_PATH_PARAMETER.findall(path))


def route_operation_ids(service: Service, taken: Iterator[str]) -> list[str]:
    """One name for each route: its handler's, or else its method and path; each unique."""
    used = set(taken)
    chosen = []
    for route in service.routes:
        name = _route_name(route)
        if name in used:
            name = f"{route.method.lower()}_{words_of_path(route.path)}"
        used.add(name)
        chosen.append(name)
    return chosen


def _route_name(route: Route) -> str:
    name = getattr(route.handler, "__name__", "")
    return name if name.isidentifier() else f"{route.method.lower()}_{words_of_path(route.path)}"

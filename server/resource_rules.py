"""What a resource may not be: its path, its access words, the fields it offers to filter and sort by."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from server.identity.access import is_access, is_open
from server.requests.list_query import LIST_PARAMETERS
from server.service import Idempotency, Resource
from storage.mistakes import Mistake
from storage.model_rules import mistake
from storage.record_type import RecordField, RecordType

_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_DOTS = re.compile(r"/\.{1,2}(/|$)")


def name_of(resource: Resource) -> str:
    """What a resource is called in a mistake."""
    return f"Resource({resource.model.__name__}, path={resource.path!r})"


def resource_mistakes(resource: Resource, record_type: RecordType) -> Iterator[Mistake]:
    """Everything wrong with a resource apart from its model."""
    where = name_of(resource)
    details = [*_own_problems(resource)]
    if record_type.tenant is not None and any(map(is_open, resource.words.values())):
        details.append(f"ANYONE belongs to no tenant, and {record_type.name} has one: say SIGNED_IN, OWNER or role(…)")
    for word, names in _offers(resource).items():
        details += _offer_problems(word, names, record_type=record_type)
    yield from (Mistake(where=where, detail=detail, about=resource) for detail in details)
    yield from _hidden_filters(resource, record_type)


def is_path(path: object) -> bool:
    """Whether a resource can be at this path; `.` and `..` are resolved by whoever sends a request."""
    return isinstance(path, str) and _PATH.fullmatch(path) is not None and _DOTS.search(path) is None


def access_problems(words: Mapping[str, object]) -> Iterator[str]:
    """What is no access word."""
    for word, access in words.items():
        if access is not None and not is_access(access):
            yield f"{word} is an access word such as ANYONE or role('staff'), not {access!r}"


def _own_problems(resource: Resource) -> Iterator[str]:
    if not is_path(resource.path):
        yield "a path begins with / and ends without one: /products"
    if not resource.actions:
        yield "says nothing of access: give access=, or read= and write=, e.g. read=ANYONE"
    yield from access_problems(resource.words)
    if not isinstance(resource.cache_seconds, int) or resource.cache_seconds < 0:
        yield f"cache_seconds is a whole number of seconds, 0 or more, not {resource.cache_seconds!r}"
    yield from idempotency_problems(resource.idempotency)


def idempotency_problems(word: object) -> Iterator[str]:
    """What is wrong with what is said of Idempotency-Keys."""
    if word not in get_args(Idempotency):
        yield f"idempotency is one of {', '.join(get_args(Idempotency))}, not {word!r}"


def _offers(resource: Resource) -> Mapping[str, Sequence[str] | None]:
    return {"filterable": resource.filterable, "sortable": resource.sortable}


def _offer_problems(word: str, names: Sequence[str] | None, *, record_type: RecordType) -> Iterator[str]:
    if isinstance(names, str):
        yield f"{word} is a list of names: {word}=[{names!r}]"
        return
    for name in names or ():
        field = record_type.by_name.get(name)
        if field is None:
            yield f"{word} names {name!r}, which is no field of {record_type.name}"
        elif not field.indexed:
            yield f"{word} names {name!r}, which has no index: mark it Indexed()"
        elif word == "sortable" and field.kind == "json":
            yield f"sortable names {name!r}, but lists and objects have no order"
        elif word == "sortable" and field.private:
            yield f"sortable names {name!r}, which is private: cursors would hold what is sorted by"


def _hidden_filters(resource: Resource, record_type: RecordType) -> Iterator[Mistake]:
    for field in record_type.fields:
        if field.name in LIST_PARAMETERS and _is_filterable(field, resource):
            detail = f"cannot be filtered by: {field.name} is a parameter of every list; rename it"
            yield mistake(record_type.model, detail, field_name=field.name)


def _is_filterable(field: RecordField, resource: Resource) -> bool:
    return field.indexed if resource.filterable is None else field.name in resource.filterable

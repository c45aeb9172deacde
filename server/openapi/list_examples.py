"""How lists are asked, in words, with examples that the service itself answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from server.openapi.operation_names import Served
from server.requests.filter_values import VALUES_MAXIMUM
from server.requests.list_query import LIMIT_DEFAULT, LIMIT_MAXIMUM
from server.requests.query_fields import filterable_fields, sortable_fields
from storage.listing import operators_of
from storage.record_type import Kind, RecordField

_VALUES: Mapping[Kind, tuple[str, str]] = {
    "string": ("abc", "def"),
    "integer": ("10", "20"),
    "decimal": ("10", "20"),
    "float": ("1.5", "2.5"),
    "boolean": ("true", "false"),
    "datetime": ("2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"),
    "date": ("2026-01-31", "2026-02-28"),
    "uuid": ("01980000-0000-7000-8000-000000000000", "01980000-0000-7000-8000-000000000001"),
    "json": ("abc", "def"),
}
_LIKELY: Sequence[Kind] = ("boolean", "decimal", "integer", "float", "date", "datetime", "string", "uuid", "json")


def list_conventions(served: Sequence[Served]) -> str:
    """What holds for every list, in Markdown; empty where the service has none."""
    listed = [one for one in served if one.resource.access_to("list") is not None]
    if not listed:
        return ""
    shown = max(listed, key=lambda one: (len(one.record_type.references) > 0, len(_filterable(one))))
    return f"""\
### Lists
{_filtering(shown)}{_sort(shown)}A page has `limit` records ({LIMIT_DEFAULT} unless told, at most {LIMIT_MAXIMUM});
its `next`, also in the `Link` header, is the `cursor` of the page after it and null on the last. Pages stay right
while records come and go.
{_shape(shown)} `Prefer: count=exact` adds `total`. A parameter nobody declared is refused. What takes
several values takes them between commas, or is given several times.
On this service, for one: `GET {shown.resource.path}?{"&".join(_query(shown))}`.

"""


def _filterable(served: Served) -> Sequence[RecordField]:
    return sorted(filterable_fields(served.resource, served.record_type), key=_likelihood)


def _likelihood(field: RecordField) -> tuple[bool, bool, int]:
    """Closed sets are the plainest example, keys the dullest."""
    return field.key or field.reference is not None, not field.limits.values, _LIKELY.index(field.kind)


def _filtering(served: Served) -> str:
    examples = ", ".join(_filters(_filterable(served)))
    return (
        f"Filter by any field a list has a parameter for: {examples}; all conditions must hold.\n" if examples else ""
    )


def _filters(fields: Sequence[RecordField]) -> Iterator[str]:
    for field in fields[:1]:
        yield f"`{field.name}={_value(field)}` compares for equality"
    for field in _first(one for one in fields if "gte" in operators_of(one)):
        yield f"`{field.name}[gte]={_value(field)}` with an operator"
    texts = [field for field in fields if field.kind == "string"]
    for field in _first(one for one in (*texts, *fields) if "in" in operators_of(one)):
        yield f"`{field.name}[in]={','.join(_several(field))}` with up to {VALUES_MAXIMUM} values"
    for field in _first(one for one in fields if one.nullable and "is" in operators_of(one)):
        yield f"`{field.name}[is]=null` with null"


def _sort(served: Served) -> str:
    keys = _sort_keys(served)
    return f"`sort={','.join(keys)}` orders, `-` turning a key round. " if keys else ""


def _sort_keys(served: Served) -> list[str]:
    fields = sorted(sortable_fields(served.resource, served.record_type), key=_likelihood)
    names = [field.name for field in fields if field.kind != "boolean" and not field.limits.values]
    return [f"-{names[0]}", *names[1:2]] if names else []


def _shape(served: Served) -> str:
    fields = f"`fields={','.join(_shown_names(served))}` shows only these properties"
    references = served.record_type.references
    return (
        f"{fields}, `expand={references[0].expansion}` adds the record a reference points at."
        if references
        else (f"{fields}.")
    )


def _shown_names(served: Served) -> list[str]:
    return [field.name for field in served.record_type.fields if not field.system or field.key][:2]


def _query(served: Served) -> Iterator[str]:
    fields = _filterable(served)
    for field in _first(one for one in fields if "gte" in operators_of(one)):
        yield f"{field.name}[gte]={_value(field)}"
    if _sort_keys(served):
        yield f"sort={_sort_keys(served)[0]}"
    yield f"fields={','.join(_shown_names(served))}"
    yield "limit=5"


def _first(fields: Iterable[RecordField]) -> list[RecordField]:
    return [*fields][:1]


def _several(field: RecordField) -> list[str]:
    return [str(value) for value in field.limits.values[:2]] or list(_VALUES[field.kind])


def _value(field: RecordField) -> str:
    return str(field.limits.values[0]) if field.limits.values else _VALUES[field.kind][0]

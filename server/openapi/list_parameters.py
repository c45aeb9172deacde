"""The parameters of an operation: what may be filtered and sorted by, how much of it is shown, on which condition."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from server.openapi.closed_sets import closed_set_schema
from server.openapi.json_value import Object, reference, schema_reference
from server.openapi.operation_names import Served
from server.openapi.wire_schema import decimal_pattern
from server.requests.filter_values import TEXT_MAXIMUM, VALUES_MAXIMUM
from server.requests.list_query import LIMIT_DEFAULT, LIMIT_MAXIMUM, SORT_KEYS_MAXIMUM
from server.requests.query_fields import filterable_fields, sortable_fields
from storage.listing import Operator, operators_of
from storage.record_type import Kind, RecordField, RecordType
from storage.storable import INTEGER_MAXIMUM, INTEGER_MINIMUM

_CONDITIONS: Mapping[Operator, str] = {
    "eq": "equals this",
    "ne": "differs from this",
    "gt": "is greater than this",
    "gte": "is at least this",
    "lt": "is less than this",
    "lte": "is at most this",
    "in": "is one of these",
    "nin": "is none of these",
    "like": "matches this pattern, in which `*` stands for any characters",
    "ilike": "matches this pattern, in which `*` stands for any characters and case does not count",
    "contains": "contains this",
    "is": "is null, or is not",
}
_KINDS: Mapping[Kind, Object] = {
    "string": {"type": "string", "maxLength": TEXT_MAXIMUM},
    "integer": {"type": "integer", "format": "int64", "minimum": INTEGER_MINIMUM, "maximum": INTEGER_MAXIMUM},
    "decimal": {"type": "string", "pattern": decimal_pattern()},
    "float": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
    "json": {"type": "string", "contentMediaType": "application/json"},
}
_TAG = '(W/)?"[!#-~]*"'
_TAGS = rf"^(\*|{_TAG}(, *{_TAG})*)$"
"""Entity tags as RFC 9110 §8.8.3 writes them, or `*`."""


def parameter_components() -> dict[str, Object]:
    """The parameters that are the same for every resource."""
    return {
        "limit": _query(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAXIMUM, "default": LIMIT_DEFAULT},
            text="At most this many records.",
        ),
        "cursor": _query("cursor", {"type": "string"}, text="The `next` of the page before this one."),
        "Prefer": _header("Prefer", "`count=exact` adds the `total` of all pages.", example="count=exact"),
        "If-Match": _header(
            "If-Match", "Only if the record still has this `ETag`; otherwise 412.", example='"3"', pattern=_TAGS
        ),
        "If-None-Match": _header(
            "If-None-Match", "The `ETag` at hand: 304 if it is still the record's.", example='"3"', pattern=_TAGS
        ),
        "If-None-Match-Create": _header(
            "If-None-Match", "`*` creates the record if there is none yet.", example="*", pattern=r"^\*$"
        ),
        "Idempotency-Key": _key_header("Sent again with the same request, it is answered as the first time."),
        "Idempotency-Key-Required": {**_key_header("The same for every try of one request."), "required": True},
        "Request-Timeout": _header(
            "Request-Timeout",
            "After how many seconds the answer is of no more use; past it the answer is 504.",
            example="2.5",
            pattern=r"^(?=.*[1-9])\d{1,6}(\.\d{1,6})?$",
        ),
    }


def shared(*names: str) -> list[Object]:
    """References to parameter components."""
    return [reference("parameters", name) for name in names]


def list_parameters(served: Served, declared: Mapping[str, Object]) -> list[Object]:
    """All that a list takes; `declared` are the record's property schemas by pydantic."""
    filters = [
        parameter
        for field in filterable_fields(served.resource, served.record_type)
        for parameter in _filters(served.record_type, field, declared=declared[field.name])
    ]
    return [*_sort(served), *shared("limit", "cursor"), *shape_parameters(served), *shared("Prefer"), *filters]


def shape_parameters(served: Served) -> Iterator[Object]:
    """`fields`, and `expand` where there are references."""
    yield _names("fields", schema_reference(f"{served.schema}.FieldName"), text="Only these properties.")
    if served.record_type.references:
        names = schema_reference(f"{served.schema}.Expansion")
        yield _names("expand", names, text="Also the records these references point at.")


def query_schemas(served: Iterable[Served]) -> dict[str, Object]:
    """The closed sets of names that parameters take, as components."""
    components: dict[str, Object] = {".Presence": {"type": "string", "enum": ["null", "notnull"]}}
    for one in served:
        expansions = [field.expansion for field in one.record_type.references]
        components[f"{one.schema}.Expansion"] = {"type": "string", "enum": expansions}
        components[f"{one.schema}.FieldName"] = {"type": "string", "enum": list(one.record_type.by_name)}
        if _sortable(one):
            components[sort_schema_name(one)] = _sort_keys(_sortable(one))
    return components


def sort_schema_name(served: Served) -> str:
    """The schema of a key `sort` takes."""
    return "".join(word.capitalize() for word in served.plural.split("_")) + ".SortKey"


def key_schema(field: RecordField) -> Object:
    """The schema of a record's key as a path parameter."""
    return {"type": "string", "minLength": 1} if field.kind == "string" else dict(_KINDS[field.kind])


def _sortable(served: Served) -> Sequence[RecordField]:
    return sortable_fields(served.resource, served.record_type)


def _filters(record_type: RecordType, field: RecordField, *, declared: Object) -> Iterator[Object]:
    value = closed_set_schema(record_type, field, declared=declared) if field.limits.values else _KINDS[field.kind]
    for operator in operators_of(field):
        if operator == "is" and not field.nullable:
            continue
        name = field.name if operator == "eq" else f"{field.name}[{operator}]"
        text = f"Only records whose `{field.name}` {_CONDITIONS[operator]}."
        if operator in ("in", "nin") and field.kind == "string" and not field.limits.values:
            text += " A value with a comma in it stands in double quotes."
        yield _filter(name, operator, text=text, value=value)


def _filter(name: str, operator: Operator, *, text: str, value: Object) -> Object:
    match operator:
        case "in" | "nin":
            return _names(name, value, text=text) | {"schema": _array(value, maximum=VALUES_MAXIMUM)}
        case "is":
            return _query(name, schema_reference(".Presence"), text=text)
        case "like" | "ilike":
            return _query(name, _KINDS["string"], text=text)
        case _:
            return _query(name, value, text=text)


def _sort(served: Served) -> Iterator[Object]:
    if _sortable(served):
        keys = schema_reference(sort_schema_name(served))
        text = "In this order; `-` before a name turns it round. Ties are broken by the key."
        yield _names("sort", keys, text=text) | {"schema": _array(keys, maximum=SORT_KEYS_MAXIMUM)}


def _sort_keys(fields: Sequence[RecordField]) -> Object:
    names = [field.name for field in fields]
    return {
        "type": "string",
        "enum": [key for name in names for key in (name, f"-{name}")],
        # Generators make identifiers of an enumeration's members, and a minus sign is lost in them.
        "x-enum-varnames": [key for name in names for key in (name, f"{name}_descending")],
    }


def _names(name: str, items: Object, *, text: str) -> Object:
    """A list, comma-separated as OpenAPI's `explode: false` says; it may be given piece by piece all the same."""
    text = f"{text} Several stand between commas, or the parameter is given several times."
    return {**_query(name, _array(items), text=text), "style": "form", "explode": False}


def _array(items: Object, *, maximum: int | None = None) -> Object:
    array: Object = {"type": "array", "items": items, "minItems": 1}
    return array if maximum is None else {**array, "maxItems": maximum}


def _query(name: str, schema: Object, *, text: str) -> Object:
    return {"name": name, "in": "query", "description": text, "schema": schema}


def key_parameter(idempotency: Literal["optional", "required", "none"]) -> list[Object]:
    """The parameter of an operation that can be told from its repeats; none where it cannot."""
    names = {"optional": ["Idempotency-Key"], "required": ["Idempotency-Key-Required"], "none": []}
    return shared(*names[idempotency])


def _key_header(text: str) -> Object:
    example = "6f1c0e0a-5c5e-4f57-9f51-0b8f6a1f6a53"
    return _header("Idempotency-Key", text, example=example, pattern=r"^[!#-~]{1,255}$")


def _header(name: str, text: str, *, example: str, pattern: str = "") -> Object:
    schema: Object = {"type": "string", **({"pattern": pattern} if pattern else {})}
    return {"name": name, "in": "header", "description": text, "schema": schema, "example": example}

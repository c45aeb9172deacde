"""The schemas of one model: as stored, as viewed, as created, as replaced, as patched, as a page."""

from collections.abc import Iterable, Mapping

from server.openapi.closed_sets import closed_set_components, closed_set_schema, or_null, without_null
from server.openapi.definitions import Definitions
from server.openapi.field_words import FieldWords
from server.openapi.json_value import NULL, Object, schema_reference
from storage.model import Model
from storage.record_type import RecordField, RecordType

_ANNOTATIONS = ("description", "examples", "default", "deprecated", "title")


def record_schemas(
    definitions: Definitions, types: Mapping[type[Model], RecordType], *, for_anyone: frozenset[str]
) -> dict[str, Object]:
    """The schema components of every model, by name; `for_anyone` are the types whose records everybody may read."""
    components: dict[str, Object] = {}
    for model, record_type in types.items():
        declared = definitions.records[(model, "validation")]
        answered = _properties(record_type, definitions.properties(model, "serialization"))
        components |= closed_set_components(record_type, definitions.properties(model, "validation"))
        text = str(declared.get("description", ""))
        components |= _answers(record_type, answered, text=text, for_anyone=for_anyone)
        sent = _properties(record_type, definitions.properties(model, "validation"))
        components |= _bodies(record_type, sent, examples=declared.get("examples"))
    return components


def _properties(record_type: RecordType, declared: Mapping[str, Object]) -> dict[str, Object]:
    """Pydantic's property schemas in wire order, closed sets as references."""
    return {field.name: _property(record_type, field, declared=declared[field.name]) for field in record_type.fields}


def _property(record_type: RecordType, field: RecordField, *, declared: Object) -> Object:
    if not field.limits.values:
        return declared
    reference = closed_set_schema(record_type, field, declared=declared)
    return {**(or_null(reference) if field.nullable else reference), **_annotations(declared)}


def _answers(
    record_type: RecordType, properties: dict[str, Object], *, text: str, for_anyone: frozenset[str]
) -> dict[str, Object]:
    name = record_type.name
    words = FieldWords(record_type)
    stored = words.answered({field.name: _answered(field, properties[field.name]) for field in record_type.fields})
    about: Object = {"description": text} if text else {}
    view = stored | {field.expansion: _expanded(field, for_anyone=for_anyone) for field in record_type.references}
    return {
        name: {**_object(stored, required=words.always_there(stored)), **about},
        f"{name}.View": {
            **_object(view),
            "description": f"A `{name}` as asked for: `fields` leaves properties out, `expand` adds records.",
        },
        f"{name}.Page": _page(name),
    }


def _bodies(record_type: RecordType, properties: dict[str, Object], *, examples: object) -> dict[str, Object]:
    name = record_type.name
    written, words = tuple(record_type.written), FieldWords(record_type)
    sent = {field.name: _sent(field, properties[field.name]) for field in written}
    required = [field.name for field in written if field.required]
    create = words.sent(sent, anew=True)
    bodies: dict[str, Object] = {f"{name}.Create": _object(create, required=required)}
    if isinstance(examples, list):
        bodies[f"{name}.Create"]["examples"] = examples
    if has_replace_schema(record_type):
        rest = {key: value for key, value in words.sent(sent, anew=False).items() if key != record_type.key.name}
        bodies[f"{name}.Replace"] = {
            **_object(rest, required=[key for key in required if key in rest]),
            "description": f"All of a `{name}` but what no request changes.",
        }
    patched = {field.name: _patched(field, properties[field.name]) for field in written if not field.key}
    bodies[f"{name}.Patch"] = {
        **_object(words.sent(patched, anew=False)),
        "description": f"A JSON Merge Patch (RFC 7396) of a `{name}`: what is absent stays as it is.",
    }
    return bodies


def replace_schema_name(record_type: RecordType) -> str:
    """The schema a PUT takes: the create's, unless that has the key in it, or what is written once."""
    return record_type.name + (".Replace" if has_replace_schema(record_type) else ".Create")


def has_replace_schema(record_type: RecordType) -> bool:
    """Whether a PUT takes something else than a POST."""
    return not record_type.key.system or FieldWords(record_type).some_stay


def _page(name: str) -> Object:
    properties: dict[str, Object] = {
        "items": {"type": "array", "items": schema_reference(f"{name}.View")},
        "next": {
            "anyOf": [{"type": "string"}, NULL],
            "description": "The `cursor` of the page after this one; null on the last.",
        },
        "total": {
            "type": "integer",
            "format": "int64",
            "minimum": 0,
            "description": "How many records match, over all pages; only with `Prefer: count=exact`.",
        },
    }
    return {**_object(properties, required=("items", "next")), "description": f"A page of `{name}`."}


def _object(properties: Mapping[str, Object], *, required: Iterable[str] = ()) -> Object:
    names = list(required)
    described: Object = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**described, "required": names} if names else described


def _answered(field: RecordField, schema: Object) -> Object:
    """A default says nothing about an answer: every property is there."""
    read_only: Object = {"readOnly": True} if field.system else {}
    return {**_without_default(schema), **read_only}


def _sent(field: RecordField, schema: Object) -> Object:
    return _without_default(schema) if field.key else schema


def _patched(field: RecordField, schema: Object) -> Object:
    inner = without_null(schema)
    if field.kind != "json" or inner.get("type") == "array":
        return _without_default(schema)
    merged: Object = {"type": "object", "additionalProperties": True}
    about: Object = {"description": "Merged into the object as stored, recursively; null removes a property."}
    return {**(or_null(merged) if field.nullable else merged), **about}


def _expanded(field: RecordField, *, for_anyone: frozenset[str]) -> Object:
    name = field.reference.target_name if field.reference else ""
    target, text = schema_reference(name), f"The record `{field.name}` refers to; only with `expand={field.expansion}`."
    if name in for_anyone:
        return {**(or_null(target) if field.nullable else target), "description": text}
    return {**or_null(target), "description": f"{text} Null where the caller may not see it."}


def _without_default(schema: Object) -> Object:
    return {key: value for key, value in schema.items() if key != "default"}


def _annotations(schema: Object) -> Object:
    return {key: schema[key] for key in _ANNOTATIONS if key in schema}

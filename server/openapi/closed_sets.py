"""The schema of a Literal or an Enum: one component, wherever its values are sent, answered or filtered by."""

from collections.abc import Mapping
from typing import cast

from server.openapi.json_value import NULL, Object, schema_reference
from storage.record_type import RecordField, RecordType


def closed_set_name(record_type: RecordType, field: RecordField) -> str:
    """`Product.Status`: the component that lists the values of a Literal."""
    return f"{record_type.name}." + "".join(word.capitalize() for word in field.name.split("_"))


def closed_set_schema(record_type: RecordType, field: RecordField, *, declared: Object) -> Object:
    """The reference that stands for a closed set: to its Enum, or to the component made for a Literal."""
    inner = without_null(declared)
    return {"$ref": inner["$ref"]} if "$ref" in inner else schema_reference(closed_set_name(record_type, field))


def closed_set_components(record_type: RecordType, declared: Mapping[str, Object]) -> dict[str, Object]:
    """The components of a model's Literals; an Enum has one already."""
    return {
        closed_set_name(record_type, field): {
            "type": "string" if field.kind == "string" else "integer",
            "enum": list(field.limits.values),
        }
        for field in record_type.fields
        if field.limits.values and "$ref" not in without_null(declared[field.name])
    }


def or_null(schema: Object) -> Object:
    """The schema, or null."""
    return {"anyOf": [schema, NULL]}


def without_null(schema: Object) -> Object:
    """What a schema says of values that are not null."""
    branches = cast("list[Object]", schema.get("anyOf", []))
    rest = [branch for branch in branches if branch != NULL]
    return rest[0] if len(rest) == 1 else schema

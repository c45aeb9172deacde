"""The JSON a document is made of, as types."""

from collections.abc import Mapping, Sequence

JSON = Mapping[str, "JSON"] | Sequence["JSON"] | str | int | float | bool | None
Object = dict[str, JSON]
"""A JSON object under construction."""

NULL: Object = {"type": "null"}


def reference(kind: str, name: str) -> Object:
    """Point at a component: `reference("schemas", "Problem")`."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schema_reference(name: str) -> Object:
    """Point at a schema component."""
    return reference("schemas", name)

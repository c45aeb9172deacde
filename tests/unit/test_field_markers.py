"""Markers of single fields: what they may not say, and what the document says of them."""

from typing import Annotated, Any

import orjson
import pytest

from server import (
    ANYONE,
    OWNER,
    SIGNED_IN,
    Key,
    Model,
    ReadableBy,
    ReadOnly,
    Resource,
    Service,
    WritableBy,
    WriteOnce,
    role,
)
from server.declaration import described
from server.openapi import openapi_document
from storage.mistakes import Misdeclared
from tests.field_gallery import declaration

STAFF = role("staff")


def mistakes(annotation: Any, **default: Any) -> list[str]:
    """What is said of a field with this annotation."""
    made: type[Model] = type(
        "Thing", (Model,), {"__annotations__": {"field": annotation}, "__module__": __name__, **default}
    )
    with pytest.raises(Misdeclared) as raised:
        described(Service(name="some", resources=[Resource(made, "/things", access=SIGNED_IN)]))
    return [mistake.detail for mistake in raised.value.mistakes]


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        (Annotated[str, ReadOnly()], "a record can be made by those who may not set it: give it a default"),
        (Annotated[str, WritableBy(STAFF)], "a record can be made by those who may not set it: give it a default"),
        (Annotated[str | None, ReadOnly(), WriteOnce()], "ReadOnly() is never set by a caller"),
        (Annotated[str | None, ReadableBy(ANYONE)], "ReadableBy(ANYONE) says nothing: leave it out"),
        (Annotated[str | None, ReadableBy(OWNER | STAFF)], "ReadableBy says OWNER, and these records have none"),
        (Annotated[str | None, WritableBy("staff")], "WritableBy takes an access word such as OWNER or role(…)"),  # type: ignore[arg-type] # what a team may write
        (Annotated[str | None, ReadOnly], "write ReadOnly() with its brackets"),
        (Annotated[int, Key(), WriteOnce()], "keys, tenants and what Mainstay sets are for every reader"),
    ],
)  # fmt: skip
def test_what_a_marker_may_not_say_is_told(annotation: Any, told: str) -> None:
    found = mistakes(annotation, **({"field": None} if "None" in str(annotation) else {}))

    assert [one for one in found if one.startswith(told)]


def test_the_document_says_who_sees_and_sets_a_field() -> None:
    declared = declaration()
    document = orjson.loads(orjson.dumps(openapi_document(declared.service, declared.types)))
    schemas = document["components"]["schemas"]

    picture = schemas["Picture"]
    assert picture["properties"]["cost"]["x-readable-by"] == "whoever holds the role staff"
    assert picture["properties"]["visits"]["readOnly"] is True
    assert {"cost", "diary"}.isdisjoint(picture["required"])
    assert {"visits", "status"} <= set(picture["required"])
    assert (
        schemas["PictureCreate"]["properties"]["status"]["description"]
        == "Only whoever holds the role staff sets this."
    )


def test_a_body_has_no_place_for_what_it_cannot_set() -> None:
    declared = declaration()
    schemas = orjson.loads(orjson.dumps(openapi_document(declared.service, declared.types)))["components"]["schemas"]

    bodies = {name: set(schemas[f"Picture{name}"]["properties"]) for name in ("Create", "Replace", "Patch")}

    settable = {"painter_id", "price", "cost", "status", "diary"}
    assert bodies == {"Create": {"title", *settable}, "Replace": settable, "Patch": settable}
    assert schemas["PictureCreate"]["required"] == ["title"]

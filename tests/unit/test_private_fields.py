"""Which values of a model are private, and what can stand in their place."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from server.declaration import described
from server.identity.access import ANYONE
from server.service import Resource, Service
from storage.mistakes import Misdeclared
from storage.model import Indexed, Key, Model, Private, Unique
from storage.private_fields import remember_private, remember_record
from storage.private_names import private_names
from telemetry.private_texts import begin, redacted


class Home(BaseModel):
    street: Annotated[str, Private()]
    country: str = "CH"


class Person(Model):
    name: Annotated[str, Private(erased="")]
    home: Home | None = None
    homes: list[Home] = []
    phones: Annotated[list[str], Private()] = []


def test_names_are_private_at_any_depth() -> None:
    assert private_names(Person) == {"name", "street", "phones"}


def test_a_document_is_looked_through_to_its_leaves() -> None:
    document = {"name": "Ada", "homes": [{"street": "Hill", "country": "CH"}], "phones": ["111", {"x": [222]}]}
    begin()

    remember_private(document, private_names(Person))

    assert redacted("Ada Hill CH 111 222") == "[private] [private] CH [private] [private]"


def test_a_record_is_known_and_does_not_show_itself() -> None:
    begin()
    record = Person(name="Ada", home=Home(street="Hill"))

    remember_record(record)

    assert "name=" not in repr(record)
    assert redacted("Ada of Hill") == "[private] of [private]"


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        (Annotated[str, Private()], "when it is erased something else stands here"),
        (Annotated[str, Private(erased="gone"), Unique()], "it is unique, so what stands here"),
        (Annotated[str, Private(erased="{key}"), Field(max_length=5)], "erased='{key}' breaks its own rules"),
        (Annotated[int, Private(erased="0")], "erased=… is for texts"),
        (Annotated[str, Key(), Private(erased="x")], "a key, a reference or a tenant is in addresses"),
    ],
)
def test_what_cannot_be_erased_is_no_private_field(annotation: Any, told: str) -> None:
    model = type("Thing", (Model,), {"__annotations__": {"field": annotation}, "__module__": __name__})

    with pytest.raises(Misdeclared) as raised:
        described(Service(name="some", resources=[Resource(model, "/things", access=ANYONE)]))

    assert [one for one in raised.value.mistakes if one.detail.startswith(told)]


def test_nobody_sorts_by_what_is_private() -> None:
    class Guest(Model):
        email: Annotated[str | None, Private(), Indexed()] = None

    with pytest.raises(Misdeclared, match="cursors would hold what is sorted by"):
        described(Service(name="some", resources=[Resource(Guest, "/guests", access=ANYONE, sortable=["email"])]))

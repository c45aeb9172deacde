"""Models as storage knows them."""

import re
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, computed_field, field_serializer

from storage.describe import Misdeclared, describe, describe_all
from storage.model import Indexed, Key, Model, Reference, RenamedFrom, Unique, snake_case

HIDDEN = "exclude has no effect: every field of a record is answered; keep what is secret in a model of its own"
SUPPORTED = (
    "a field is a str, int, Decimal, float, bool, datetime, date, UUID, a Literal or Enum of str or int, "
    "a list, a dict or a pydantic model, or one of these | None"
)


class Colour(Enum):
    RED = "red"


class Size(BaseModel):
    width: Decimal = Decimal(1)


class Plain(Model):
    name: str
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=5, decimal_places=2)] = Decimal("1.50")
    colour: Colour = Colour.RED
    tags: list[str] = []
    made: list[str] = Field(default_factory=list)
    at: datetime = Field(default_factory=datetime.now)
    size: Size = Size()


class Numbered(Model, table="numbers", renamed_from="digits", constraints=[Unique("a", "b"), Indexed("b")]):
    number: Annotated[int, Key()]
    a: Annotated[int, RenamedFrom("alpha")]
    b: Annotated[str | None, Unique()] = None


class Keyed(Model):
    id: Annotated[int, Key()]  # type: ignore[assignment]  # its own key goes before the one every model has


class Child(Numbered):
    c: int = 0


class Pointing(Model):
    number_id: Annotated[int, Reference(Numbered)]
    maker: Annotated[int | None, Reference("Numbered")] = None
    parent_id: Annotated[UUID | None, Reference("Pointing", expand_as="above")] = None


class Spoken(Model):
    short: Annotated[str, Field(min_length=3)] = ""
    low: Annotated[int, Field(ge=1)] = 0
    odd: Annotated[Decimal, Field(decimal_places=0)] = Decimal("1.2")
    empty: list[str] = Field(default_factory=list, min_length=1)
    other: Colour = "blue"  # type: ignore[assignment]  # what the test is about
    fine: Annotated[str | None, Field(min_length=3)] = None
    loud: Annotated[str, Field(pattern=re.compile("[a-z]", re.IGNORECASE))] = "A"
    plain: Annotated[str, Field(pattern=re.compile("[a-z]"))] = "a"
    long: Annotated[int, Field(min_length=3)] = 0


class Foreseeing(Model):
    later: "Later"
    many: "list[Later]"


class Later(BaseModel):
    width: int


class Counted(Model):
    number: Annotated[int, Key(), Field(ge=1)]


def test_a_record_has_its_key_first_and_what_mainstay_sets_last() -> None:
    assert list(describe(Plain).by_name) == [
        "id",
        "name",
        "price",
        "colour",
        "tags",
        "made",
        "at",
        "size",
        "version",
        "created_at",
        "updated_at",
    ]


def test_a_default_that_is_a_constant_is_known() -> None:
    fields = describe(Plain).by_name

    assert {name: fields[name].default for name in fields if fields[name].has_default} == {
        "price": "1.50",
        "colour": "red",
        "tags": [],
        "made": [],
        "size": {"width": "1"},
        "version": 0,
    }
    assert [name for name in fields if fields[name].required] == ["name"]


def test_an_index_stands_behind_keys_uniques_references_and_what_is_marked() -> None:
    types = describe_all([Plain, Numbered, Pointing])

    assert {model.__name__: [f.name for f in types[model].fields if f.indexed] for model in types} == {
        "Plain": ["id", "price"],
        "Numbered": ["number", "b"],
        "Pointing": ["id", "number_id", "maker", "parent_id"],
    }


def test_a_model_may_name_its_key_and_its_table() -> None:
    numbered = describe(Numbered)

    assert (numbered.table, numbered.renamed_from, numbered.by_name["a"].renamed_from) == ("numbers", "digits", "alpha")
    assert (numbered.key.name, numbered.key.required, numbered.key.system) == ("number", False, False)
    assert (numbered.uniques, numbered.indexes) == ((Unique("a", "b"),), (Indexed("b"),))


def test_a_model_may_mark_id_itself_and_inherit_a_key() -> None:
    assert [describe(model).key.name for model in (Keyed, Child, Plain)] == ["id", "number", "id"]
    assert (describe(Keyed).key.kind, describe(Child).table) == ("integer", "child")


def test_a_reference_expands_under_a_name_of_its_own() -> None:
    references = describe_all([Numbered, Pointing])[Pointing].references

    assert [(one.name, one.expansion) for one in references] == [
        ("number_id", "number"),
        ("maker", "numbered"),
        ("parent_id", "above"),
    ]


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("PlaylistTrack", "playlist_track"),
        ("HTTPCall", "http_call"),
        ("A", "a"),
        ("Version2Of", "version2_of"),
        ("APIKey", "api_key"),
    ],
)
def test_a_table_is_called_like_its_model(camel: str, snake: str) -> None:
    assert snake_case(camel) == snake


def mistakes(*models: type[Model]) -> list[str]:
    with pytest.raises(Misdeclared) as caught:
        describe_all(models)
    return [f"{one.where}: {one.detail}" for one in caught.value.mistakes]


def test_everything_wrong_with_a_model_is_told_at_once() -> None:
    class Broken(
        Model, table="Bad Table", constraints=[Unique("x"), Indexed(), Unique("name", "name"), Indexed("tags"), "y"]
    ):
        Name: str
        name: Annotated[str, Unique("other")]
        version: int
        xmin: int
        tags: Annotated[list[str], Unique()]
        first: Annotated[str, Key()]
        second: Annotated[int | None, Key()]
        bare: Annotated[str, Indexed]
        renamed: Annotated[str, Field(alias="other")]
        hidden: Annotated[str, Field(exclude=True)]
        blank: str = None  # type: ignore[assignment]  # what the test is about
        anything: Any = 1

    assert mistakes(Broken) == [
        "Broken.version: version is reserved: every record has one already; choose another name",
        "Broken.Name: a field's name is lower case: letters, digits and _, at most 63 of them",
        "Broken.name: Unique(…) on a field names no fields: what spans several stands in constraints=[…]",
        "Broken.xmin: xmin is reserved: every Postgres table has one already; choose another name",
        "Broken.tags: a list or object can be neither unique nor a reference",
        "Broken.bare: write Indexed() with its brackets",
        "Broken.renamed: aliases are not supported: the field's name is its name on the wire and in the table",
        f"Broken.hidden: {HIDDEN}",
        "Broken.blank: its default is None, so its type is … | None",
        f"Broken.anything: Any cannot be stored; {SUPPORTED}",
        "Broken: 'Bad Table' cannot name a table",
        "Broken: first and second are both marked Key(); a record has one key",
        "Broken.second: a key is an int, a str or a UUID, never None",
        "Broken: Unique in constraints names 'x', which is no field",
        "Broken: Indexed() in constraints names no fields",
        "Broken: Unique(name, name) in constraints names a field twice",
        "Broken: Indexed in constraints names 'tags': a list or object is only indexed alone, by Indexed() on it",
        "Broken: constraints holds 'y', which is neither Unique(…) nor Indexed(…)",
    ]


def test_words_of_pydantic_s_that_would_have_no_effect_are_told() -> None:
    class Deep(BaseModel):
        inner: Annotated[int, Field(serialization_alias="other")] = 1

    class Outer(BaseModel):
        deep: list[Deep] = []

    class Computed(Model):
        model_config = ConfigDict(extra="allow")

        outer: dict[str, Outer] = {}
        spelled: Annotated[int, PlainSerializer(str)] = 1

        @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
        @property
        def doubled(self) -> int:
            return 2

        @field_serializer("spelled")
        def spell(self, value: int) -> str:
            return str(value)

    assert mistakes(Computed) == [
        "Computed.outer: Deep.inner is read under another name than written: give it one alias",
        "Computed.spelled: a serializer has no effect: Postgres renders the records",
        "Computed: extra has no effect: a record has no properties but its fields; leave it out",
        "Computed.doubled: a computed field is not stored, and Postgres renders the records",
        "Computed.spell: a serializer has no effect: Postgres renders the records",
    ]


def test_what_ties_models_together_is_checked_even_where_one_is_broken() -> None:
    class One(Model):
        Bad: int
        two_id: Annotated[int, Reference("Two")]
        ghost_id: Annotated[int, Reference("Ghost")]
        two: str = ""

    class Two(Model, table="one"):
        self_id: Annotated[UUID, Reference("Two", expand_as="Bad Name")]

    def another() -> type[Model]:
        class Two(Model, table="other"):
            x: int

        return Two

    found = mistakes(One, Two, another())

    assert [line.partition(" name, at ")[0] for line in found] == [
        "One.Bad: a field's name is lower case: letters, digits and _, at most 63 of them",
        "Two.self_id: expand_as is lower case: letters, digits and _, at most 63 of them",
        "Two: shares the table 'one' with One; give one of them table=",
        "Two: there is another model of this",
        "One.two_id: is of kind integer, but the key of Two is of kind uuid",
        "One.two_id: expands as 'two', which is taken; give Reference(expand_as=)",
        "One.ghost_id: refers to Ghost, which no resource of this service serves",
    ]


def test_a_mistake_says_where_its_class_is_written() -> None:
    class Here(Model):
        Bad: int

    with pytest.raises(Misdeclared) as caught:
        describe(Here)

    (mistake,) = caught.value.mistakes
    assert "test_describe.py:" in mistake.source
    assert str(mistake) == f"{mistake.source}: {mistake.where}: {mistake.detail}"


def test_a_default_keeps_the_rules_of_its_own_field_and_a_bound_says_something_of_it() -> None:
    with pytest.raises(Misdeclared) as caught:
        describe(Spoken)

    rules, places = "its own rules", "Decimal input should have no more than 0 decimal places"
    assert [f"{one.where}: {one.detail}" for one in caught.value.mistakes] == [
        "Spoken.short: its default '' breaks its own rules: String should have at least 3 characters",
        "Spoken.low: its default 0 breaks its own rules: Input should be greater than or equal to 1",
        f"Spoken.odd: its default Decimal('1.2') breaks {rules}: {places}",
        "Spoken.empty: its default [] breaks its own rules: List should have at least 1 item after validation, not 0",
        "Spoken.other: its default 'blue' breaks its own rules: Input should be 'red'",
        "Spoken.loud: its pattern is compiled with re.IGNORECASE; write out what that means instead, such as [A-Za-z]",
        "Spoken.long: min_length says nothing of a whole number; leave it out",
    ]


def test_a_numbered_key_may_be_left_out_whatever_its_bounds() -> None:
    assert describe(Counted).key.name == "number"


def test_a_mistake_in_a_field_has_the_field_s_line_also_where_it_is_inherited() -> None:
    class Heir(Spoken):
        version: int

    with pytest.raises(Misdeclared) as caught:
        describe(Heir)

    lines = {one.where: int(one.source.rpartition(":")[2]) for one in caught.value.mistakes}
    text = Path(__file__).read_text().splitlines()
    assert text[lines["Heir.low"] - 1].lstrip().startswith("low: Annotated[int")
    assert text[lines["Heir.version"] - 1] == "        version: int"


def test_a_model_may_name_a_class_that_is_defined_after_it() -> None:
    assert [field.kind for field in describe(Foreseeing).fields[1:3]] == ["json", "json"]

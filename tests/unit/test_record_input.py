"""Bodies of writes against their model: what is set, what is merged, what is refused."""

from decimal import Decimal
from typing import Annotated, Any, Self

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from middleware.errors import Invalid
from server.requests.record_input import Patch, RecordInput, merge
from storage.describe import describe
from storage.model import Key, Model


class Size(BaseModel):
    width: Decimal
    height: int = 3


class Plain(Model):
    name: Annotated[str, Field(min_length=1)]
    price: Decimal = Decimal(0)
    size: Size | None = None
    tags: list[str] = []


class Span(Model):
    """A validator of one field that looks at another, and a rule that sets a third."""

    first: int
    last: int
    length: int = 0

    @field_validator("last")
    @classmethod
    def comes_after_the_first(cls, last: int, info: ValidationInfo) -> int:
        if last < info.data["first"]:
            raise ValueError("the last comes after the first")
        return last

    @model_validator(mode="after")
    def measured(self) -> Self:
        self.length = self.last - self.first
        return self


class Checked(Model):
    name: Annotated[str, AfterValidator(str.strip)]


class Defaulted(Model):
    model_config = ConfigDict(validate_default=True)

    name: Annotated[str, Field(min_length=1)]
    count: int = 1


class Numbered(Model):
    number: Annotated[int, Key()]
    name: str = ""


class Coded(Model):
    code: Annotated[str, Key(), Field(pattern="^[a-z]+$")]
    name: str = ""


def reads(model: type[Model]) -> RecordInput:
    return RecordInput(describe(model))


def faults(caught: Any) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_a_new_record_has_what_is_given_and_defaults() -> None:
    record = reads(Plain).new(b'{"name":"one","size":{"width":"1.50"}}')

    assert record.model_dump(include={"name", "price", "size", "tags"}) == {
        "name": "one",
        "price": Decimal(0),
        "size": {"width": Decimal("1.50"), "height": 3},
        "tags": [],
    }


def test_the_key_of_a_replaced_record_comes_from_its_address() -> None:
    assert reads(Coded).whole(b'  {"name":"x"}', "abc").model_dump(include={"code", "name"}) == {
        "code": "abc",
        "name": "x",
    }
    assert reads(Coded).whole(b"{ }", "abc").model_dump(include={"code", "name"}) == {"code": "abc", "name": ""}
    assert reads(Numbered).whole(b'{"name":"x"}', "-5").model_dump(include={"number"}) == {"number": -5}


def test_an_address_that_breaks_the_key_s_rules_is_told_with_the_rest() -> None:
    with pytest.raises(Invalid) as caught:
        reads(Coded).whole(b'{"name":"\\u0000"}', "A")

    assert faults(caught) == [("/code", "string_pattern_mismatch"), ("/name", "nul_character")]


def test_a_patch_sets_what_it_names() -> None:
    patch = reads(Plain).patch(b'{"price":"5","tags":["a"],"size":null}')

    assert patch == Patch(
        {"price": Decimal(5), "tags": ["a"], "size": None}, {"price": "5", "tags": ["a"], "size": None}, merges=False
    )


def test_a_patch_is_merged_where_it_reaches_into_an_object() -> None:
    bodies = reads(Plain)
    patch = bodies.patch(b'{"size":{"height":5},"name":"two"}')
    standing = (
        b'{"id":"0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a","name":"one","price":"1.00","size":{"width":"2"},"version":4}'
    )

    assert patch.merges
    assert bodies.merged(patch, standing) == {"size": Size(width=Decimal(2), height=5), "name": "two"}


def test_faults_that_are_sure_are_told_with_those_of_the_merged_record() -> None:
    bodies = reads(Plain)
    patch = bodies.patch(b'{"version":5,"size":{"width":"x"},"name":"\\u0000","more":1}')

    with pytest.raises(Invalid) as caught:
        bodies.merged(patch, b'{"name":"one","version":4}')

    assert sorted(faults(caught)) == [
        ("/more", "extra_forbidden"),
        ("/name", "nul_character"),
        ("/size/width", "decimal_parsing"),
        ("/version", "read_only"),
    ]


def test_fields_that_are_checked_together_are_always_merged() -> None:
    bodies = reads(Span)
    patch = bodies.patch(b'{"last":9}')

    assert bodies.merged(patch, b'{"first":2,"last":3,"length":1}') == {"first": 2, "last": 9, "length": 7}
    with pytest.raises(Invalid) as caught:
        bodies.merged(bodies.patch(b'{"last":1}'), b'{"first":2,"last":3,"length":1}')
    assert faults(caught) == [("/last", "value_error")]


@pytest.mark.parametrize(("model", "merges"), [(Plain, False), (Span, True), (Checked, True), (Defaulted, False)])
def test_a_team_s_own_validators_may_look_anywhere(model: type[Model], merges: bool) -> None:
    assert reads(model).patch(b'{"name":"x"}' if model is not Span else b'{"first":1}').merges is merges


def test_an_empty_patch_is_never_merged() -> None:
    assert reads(Span).patch(b"{}") == Patch({}, {}, merges=False)


@pytest.mark.parametrize("raw", [b"[]", b"5", b"null", b'"x"', b'[{"name":1}]'])
@pytest.mark.parametrize("model", [Plain, Span])
def test_a_body_that_is_no_object_is_refused_as_a_whole(model: type[Model], raw: bytes) -> None:
    bodies = reads(model)
    for read in (bodies.new, bodies.patch, lambda body: bodies.whole(body, "x")):
        with pytest.raises(Invalid) as caught:
            read(raw)
        assert faults(caught) == [("", "model_type")]


def test_only_a_line_of_a_file_may_give_the_key_mainstay_sets() -> None:
    raw = b'{"id":"0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a","name":"one"}'

    assert str(reads(Plain).keyed(raw).id) == "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"
    with pytest.raises(Invalid) as caught:
        reads(Plain).new(raw)
    assert [(fault.pointer, fault.detail) for fault in caught.value.faults] == [
        ("/id", "Mainstay sets this; leave it out")
    ]


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_is_as_the_standard_shows_it(target: Any, patch: Any, result: Any) -> None:
    assert merge(target, patch) == result

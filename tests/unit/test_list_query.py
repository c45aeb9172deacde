"""A list's query read against its resource: the question as data."""

from dataclasses import replace
from typing import Annotated

import pytest

from middleware.errors import Malformed
from server.requests.cursor import Cursors
from server.requests.list_query import QueryReader
from storage.describe import describe
from storage.listing import WHOLE, Filter, Listing, Order, Shape
from storage.model import Indexed, Model, Private
from telemetry.private_texts import REDACTED, begin, redacted
from tests.unit.openapi_service import TYPES, Artist, Product

TYPE = TYPES[Product]
FIELDS = TYPE.by_name
INDEXED = [field.name for field in TYPE.fields if field.indexed]
SORTABLE = [name for name in INDEXED if FIELDS[name].kind != "json"]
CURSORS = Cursors(b"secret", "/products")
READER = QueryReader(TYPE, filterable=INDEXED, sortable=SORTABLE, cursors=CURSORS)
KEY = Order(field=FIELDS["id"])
EMPTY = Listing(order=(KEY,), limit=20)


class Friend(Model):
    nickname: Annotated[str | None, Private(), Indexed()] = None


@pytest.mark.parametrize(
    ("raw", "listing"),
    [
        ("", EMPTY),
        ("limit=200", replace(EMPTY, limit=200)),
        ("limit=005", replace(EMPTY, limit=5)),
        ("sort=price", replace(EMPTY, order=(Order(field=FIELDS["price"]), KEY))),
        (
            "sort=-price,day,-weight",
            replace(
                EMPTY,
                order=(
                    Order(field=FIELDS["price"], descending=True),
                    Order(field=FIELDS["day"]),
                    Order(field=FIELDS["weight"], descending=True),
                    Order(field=FIELDS["id"], descending=True),
                ),
            ),
        ),
        ("sort=-sku", replace(EMPTY, order=(Order(field=FIELDS["sku"], descending=True),))),
        (
            "sort=-id,price",
            replace(EMPTY, order=(Order(field=FIELDS["id"], descending=True), Order(field=FIELDS["price"]))),
        ),
        ("fields=price,id,price", replace(EMPTY, shape=Shape(fields=("id", "price")))),
        ("fields=price&fields=id", replace(EMPTY, shape=Shape(fields=("id", "price")))),
        (
            "sort=-price&limit=20&sort=day",
            replace(
                EMPTY,
                order=(Order(field=FIELDS["price"], descending=True), Order(field=FIELDS["day"]), KEY),
            ),
        ),
        (
            "sku[in]=AAA&sku[in]=%22B,B%22,CCC",
            replace(EMPTY, filters=(Filter(field=FIELDS["sku"], operator="in", value=("AAA", "B,B", "CCC")),)),
        ),
        ("expand=artist", replace(EMPTY, shape=Shape(expand=("artist",)))),
        (
            "price[gte]=1&price[lt]=5&tags=red&weight[is]=notnull",
            replace(
                EMPTY,
                filters=(
                    Filter(field=FIELDS["price"], operator="gte", value="1"),
                    Filter(field=FIELDS["price"], operator="lt", value="5"),
                    Filter(field=FIELDS["tags"], operator="contains", value='"red"'),
                    Filter(field=FIELDS["weight"], operator="is", negated=True),
                ),
            ),
        ),
    ],
)
def test_a_query_becomes_a_question(raw: str, listing: Listing) -> None:
    assert READER.listing(raw, count=False) == listing


def test_a_unique_field_that_may_be_null_does_not_end_an_order() -> None:
    fields = tuple(replace(field, nullable=field.name == "sku" or field.nullable) for field in TYPE.fields)
    reader = QueryReader(replace(TYPE, fields=fields), filterable=[], sortable=["sku"], cursors=CURSORS)

    assert [one.field.name for one in reader.listing("sort=sku", count=False).order] == ["sku", "id"]


def test_a_cursor_is_the_place_after_a_record() -> None:
    order = (Order(field=FIELDS["price"], descending=True), Order(field=FIELDS["id"], descending=True))
    cursor = READER.cursor(replace(EMPTY, order=order), ("9.90", "x"))

    assert READER.listing(f"sort=-price&cursor={cursor}", count=True) == replace(
        EMPTY, order=order, after=("9.90", "x"), count=True
    )


def test_a_cursor_is_not_blamed_for_an_order_that_cannot_be_read() -> None:
    with pytest.raises(Malformed) as caught:
        READER.listing("sort=nothing&cursor=nothing", count=False)

    assert [fault.parameter for fault in caught.value.faults] == ["sort"]


def test_a_single_record_takes_its_shape_alone() -> None:
    assert READER.shape("") is WHOLE
    assert READER.shape("expand=artist&fields=id") == Shape(fields=("id",), expand=("artist",))
    with pytest.raises(Malformed) as caught:
        READER.shape("sort=id&limit=5")
    assert [fault.parameter for fault in caught.value.faults] == ["sort", "limit"]


def test_what_cannot_be_shown_is_told_in_short() -> None:
    with pytest.raises(Malformed) as caught:
        READER.listing(f"expand={'x' * 5_000}", count=False)

    assert caught.value.faults[0].detail == f"cannot show {'x' * 40}…; there are artist, category_record"


def test_where_nothing_can_be_expanded_none_is() -> None:
    reader = QueryReader(TYPES[Artist], filterable=[], sortable=[], cursors=CURSORS)

    with pytest.raises(Malformed) as caught:
        reader.listing("expand=x&name=y", count=False)

    assert [fault.detail for fault in caught.value.faults] == [
        "name cannot be filtered by; there are limit, cursor, sort, fields, expand",
        "cannot show x; there are none",
    ]


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        ("stock=1", "stock cannot be filtered by; there are id, sku, "),
        ("stock[gte]=1", "stock cannot be filtered by; there are id, sku, "),
        ("skku=1", "no such parameter; did you mean sku?"),
    ],
)
def test_what_cannot_be_filtered_by_is_told_from_what_is_no_field(raw: str, detail: str) -> None:
    with pytest.raises(Malformed) as caught:
        READER.listing(raw, count=False)

    (fault,) = caught.value.faults
    assert (fault.code, fault.detail[: len(detail)]) == ("unknown_parameter", detail)


def test_a_question_asked_again_is_the_one_that_was_read() -> None:
    assert READER.listing("limit=7", count=False) is READER.listing("limit=7", count=False)


def test_a_question_with_and_without_a_count_are_two() -> None:
    asked = [READER.listing("limit=7", count=count) for count in (False, True, False)]

    assert asked == [replace(EMPTY, limit=7, count=count) for count in (False, True, False)]


def test_a_private_value_is_remembered_with_every_request_it_comes_with() -> None:
    kind = describe(Friend)
    reader = QueryReader(kind, filterable=["nickname"], sortable=[], cursors=CURSORS)

    seen = []
    for _ in range(2):
        begin()
        reader.listing("nickname=Zuzu", count=False)
        seen.append(redacted("Zuzu"))

    assert seen == [REDACTED, REDACTED]

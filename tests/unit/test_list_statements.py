"""Lists' statements: few of them, whatever the values are."""

from dataclasses import replace

import pytest

from storage.listing import Filter, Listing, Order, Shape
from storage.postgres.list_statements import ListStatements
from storage.postgres.rendering import Renderer
from storage.scope import Scope
from storage.tables.schema import tables
from tests.unit.openapi_service import TYPES, Product

BY_NAME = {record_type.name: record_type for record_type in TYPES.values()}
FIELDS = TYPES[Product].by_name
STATEMENTS = ListStatements(Renderer(TYPES[Product], types=BY_NAME, metadata=tables(TYPES)))
PRICE = Filter(field=FIELDS["price"], operator="gte", value="1.50")
LISTING = Listing(filters=(PRICE,), order=(Order(field=FIELDS["price"]), Order(field=FIELDS["id"])), after=("1", "x"))


@pytest.mark.parametrize(
    "same",
    [
        replace(LISTING, limit=1),
        replace(LISTING, filters=(replace(PRICE, value="2"),)),
        replace(LISTING, after=("2", "y")),
    ],
)
def test_values_make_no_statement_of_their_own(same: Listing) -> None:
    assert STATEMENTS.statement(same)[0] is STATEMENTS.statement(LISTING)[0]


@pytest.mark.parametrize(
    "other",
    [
        replace(LISTING, limit=21),
        replace(LISTING, filters=(replace(PRICE, operator="gt"),)),
        replace(LISTING, after=()),
        replace(LISTING, after=(None, "x")),
        replace(LISTING, order=(Order(field=FIELDS["price"], descending=True), LISTING.order[1])),
        replace(LISTING, shape=Shape(fields=("id",))),
        replace(LISTING, count=True),
    ],
)
def test_another_shape_is_another_statement(other: Listing) -> None:
    assert STATEMENTS.statement(other)[0].sql != STATEMENTS.statement(LISTING)[0].sql


def test_a_limit_is_rounded_up_for_postgres_and_kept_for_the_page() -> None:
    statement, values = STATEMENTS.statement(replace(LISTING, limit=30))

    assert "LIMIT 51" in statement.sql
    assert dict(zip(statement.parameters, values, strict=True)) == {
        "page_limit": 30,
        "f0": "1.50",
        "k0": "1",
        "k1": "x",
    }


def test_an_index_is_read_from_the_cursor_s_place_on_where_it_can_be() -> None:
    uniform = STATEMENTS.statement(LISTING)[0].sql
    mixed = replace(LISTING, order=(LISTING.order[0], replace(LISTING.order[1], descending=True)))

    assert "(product.price, product.id) > (" in uniform
    assert "(product.price, product.id) > (" not in STATEMENTS.statement(mixed)[0].sql


def test_a_listing_asked_for_again_brings_its_statement_and_its_values_along() -> None:
    other = replace(LISTING, after=("2", "y"))

    asked = [STATEMENTS.statement(one) for one in (LISTING, other, LISTING, other)]

    assert asked == [STATEMENTS.statement(replace(one)) for one in (LISTING, other, LISTING, other)]


def test_a_listing_that_has_come_before_is_still_confined_to_its_callers_rows() -> None:
    own = Scope(bounds={TYPES[Product].table: {"sku": "ours"}})

    unconfined, (_, values) = STATEMENTS.statement(LISTING), STATEMENTS.statement(LISTING, own)

    assert "ours" in values
    assert STATEMENTS.statement(LISTING) == unconfined

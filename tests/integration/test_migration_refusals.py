"""Each step that would lose data, or cannot be done, is refused with its reason; most can be allowed by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import new_class
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field

from storage.migrations.applying import apply
from storage.migrations.planning import Target, plan
from storage.migrations.steps import Plan
from storage.model import Key, Model, Reference, Unique
from tests.integration.blocking_sql import rows, run
from tests.integration.migration_targets import names, reasons, target


def product(**fields: Any) -> type[Model]:
    """A model called Product with these fields, each an annotation or an annotation and a default."""
    annotations = {name: field[0] if isinstance(field, tuple) else field for name, field in fields.items()}
    defaults = {name: field[1] for name, field in fields.items() if isinstance(field, tuple)}
    members = {**defaults, "__annotations__": annotations, "__module__": __name__}
    return new_class("Product", (Model,), {}, lambda namespace: namespace.update(members))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A change of Product's fields while its table has three rows, and the step that is refused for it."""

    before: Mapping[str, Any]
    rows: str
    after: Mapping[str, Any]
    step: str
    reason: str


ALLOWABLE = {
    "dropping a column": Case(
        before={"name": str, "color": str | None},
        rows="(name, color) VALUES ('a', 'red'), ('b', 'blue'), ('c', NULL)",
        after={"name": str},
        step="drop_column:product.color",
        reason="color is no longer declared; dropping it loses its 2 values",
    ),
    "adding a column without a default": Case(
        before={"name": str},
        rows="(name) VALUES ('a'), ('b'), ('c')",
        after={"name": str, "color": str},
        step="add_column:product.color",
        reason="product has 3 rows and color has no default: give the field a default, or let it be None, "
        "or allow this step to put ''::text there",
    ),
    "no longer letting a column be null": Case(
        before={"name": str | None},
        rows="(name) VALUES ('a'), (NULL), (NULL)",
        after={"name": (str, "unnamed")},
        step="set_not_null:product.name",
        reason="2 rows of product have no name: fill them in, or allow this step to put 'unnamed'::text there",
    ),
    "fewer decimal places": Case(
        before={"price": Annotated[Decimal, Field(max_digits=12, decimal_places=4)]},
        rows="(price) VALUES (1.5), (1.2345), (2)",
        after={"price": Annotated[Decimal, Field(max_digits=12, decimal_places=2)]},
        step="change_type:product.price",
        reason="not every numeric(12, 4) is a numeric(12, 2); as it is, 1 row would lose something",
    ),
    "a number instead of a text": Case(
        before={"size": str},
        rows="(size) VALUES ('1'), ('02'), ('3')",
        after={"size": int},
        step="change_type:product.size",
        reason="not every text is a bigint; as it is, 1 row would lose something",
    ),
}


def filled(database: str, case: Case) -> Target:
    """The table as it was, with its rows; and what is wanted now."""
    apply(target(database, product(**case.before)))
    run(database, "ALTER TABLE product ALTER COLUMN id SET DEFAULT gen_random_uuid()")
    run(database, f"INSERT INTO product {case.rows}", "ALTER TABLE product ALTER COLUMN id DROP DEFAULT")
    return target(database, product(**case.after))


@pytest.mark.parametrize("case", ALLOWABLE.values(), ids=ALLOWABLE.keys())
def test_it_is_refused_with_its_reason(database: str, case: Case) -> None:
    wanted = filled(database, case)

    done = apply(wanted)

    assert reasons(done) == {case.step: case.reason}
    assert done.steps == ()


@pytest.mark.parametrize("case", ALLOWABLE.values(), ids=ALLOWABLE.keys())
def test_it_is_done_when_allowed_by_name(database: str, case: Case) -> None:
    wanted = filled(database, case)

    done = apply(wanted, allow={case.step})

    assert done.refused == ()
    assert plan(wanted) == Plan()
    assert rows(database, "SELECT count(*) FROM product") == [(3,)]


def test_dropping_a_table_is_refused_until_allowed(database: str) -> None:
    apply(target(database, product(name=str)))
    run(database, "INSERT INTO product (id, name) VALUES (gen_random_uuid(), 'a')")

    refused = apply(target(database))
    done = apply(target(database), allow={"drop_table:product"})

    assert reasons(refused) == {"drop_table:product": "product is no longer declared; dropping it loses its 1 row"}
    assert names(done.steps) == ["drop_table:product"]
    assert plan(target(database)) == Plan()


def test_changing_the_key_is_refused_until_allowed(database: str) -> None:
    apply(target(database, product(name=str)))
    run(database, "INSERT INTO product (id, name) VALUES (gen_random_uuid(), 'a'), (gen_random_uuid(), 'b')")
    wanted = target(database, product(name=Annotated[str, Key()]))

    refused = apply(wanted)
    apply(wanted, allow=names(refused.refused))

    assert reasons(refused)["change_key:product"] == (
        "the rows of product would be known by name instead of what callers hold"
    )
    assert rows(database, "SELECT name FROM product ORDER BY name") == [("a",), ("b",)]
    assert plan(wanted) == Plan()


IMPOSSIBLE = {
    "a unique that rows break": Case(
        before={"name": str},
        rows="(name) VALUES ('a'), ('a'), ('b')",
        after={"name": Annotated[str, Unique()]},
        step="add_unique:product.name",
        reason="2 rows of product stand in the way, sharing name with another: change them first",
    ),
    "a check that rows break": Case(
        before={"size": int},
        rows="(size) VALUES (1), (-2), (-3)",
        after={"size": Annotated[int, Field(ge=0)]},
        step="add_check:product.size.ge",
        reason="2 rows of product stand in the way, not keeping to size >= 0: change them first",
    ),
    "a reference to nothing": Case(
        before={"other_id": UUID | None},
        rows="(other_id) VALUES (gen_random_uuid()), (NULL), (NULL)",
        after={"other_id": Annotated[UUID | None, Reference("Product")]},
        step="add_reference:product.other_id",
        reason="1 row of product stands in the way, referring to a row of product that is not there: change it first",
    ),
    "a required reference for rows that have none": Case(
        before={},
        rows="(version) VALUES (1), (1), (1)",
        after={"other_id": Annotated[UUID, Reference("Product")]},
        step="add_column:product.other_id",
        reason="product has 3 rows and other_id has no default: give the field a default, or let it be None",
    ),
    "a required value for which nothing fits": Case(
        before={},
        rows="(version) VALUES (1), (1), (1)",
        after={"status": Literal["new", "paid"]},
        step="add_column:product.status",
        reason="product has 3 rows and status has no default: give the field a default, or let it be None",
    ),
    "nulls that nothing fits": Case(
        before={"code": str | None},
        rows="(code) VALUES ('A'), (NULL), (NULL)",
        after={"code": Annotated[str, Field(pattern="^[A-Z]$")]},
        step="set_not_null:product.code",
        reason="2 rows of product have no code: fill them in",
    ),
    "values that cannot be read as the new type": Case(
        before={"size": str},
        rows="(size) VALUES ('1'), ('2'), ('many')",
        after={"size": int},
        step="change_type:product.size",
        reason="not every text is a bigint; as it is, some values cannot be read as that: change them first",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_rows_stand_in_the_way_of_cannot_be_allowed(database: str, case: Case) -> None:
    wanted = filled(database, case)

    done = apply(wanted, allow={case.step}, only_safe=True)

    assert reasons(done)[case.step] == case.reason
    assert case.step in names(done.missing)
    assert plan(wanted).steps == ()


def test_nothing_at_all_is_done_while_a_step_is_refused(database: str) -> None:
    apply(target(database, product(name=str, weight=int)))

    done = apply(target(database, product(name=Annotated[str, Unique()])))

    assert done.steps == ()
    question = "SELECT conname FROM pg_constraint WHERE conrelid = 'product'::regclass AND contype = 'u'"
    assert rows(database, question) == []


def test_the_safe_part_alone_can_be_asked_for(database: str) -> None:
    apply(target(database, product(name=str, weight=int | None)))

    done = apply(target(database, product(name=Annotated[str, Unique()])), only_safe=True)

    assert names(done.steps) == ["add_unique:product.name"]
    assert names(done.refused) == ["drop_column:product.weight"]


def test_on_an_empty_table_only_what_is_dropped_is_refused(database: str) -> None:
    apply(target(database, product(size=str, name=str | None, price=Decimal)))
    changed = product(size=int, name=str, price=Annotated[Decimal, Field(max_digits=5, decimal_places=1)], new=str)

    assert plan(target(database, changed)).refused == ()

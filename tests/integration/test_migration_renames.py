"""Hints carry data over to new names; without one, nothing is guessed and nothing is lost."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from storage.migrations.applying import apply
from storage.migrations.planning import plan
from storage.migrations.steps import Plan
from storage.model import Indexed, Model, Reference, RenamedFrom, Unique
from tests.integration.blocking_sql import rows, run
from tests.integration.migration_targets import names, reasons, target


def test_a_renamed_column_keeps_its_values_and_its_constraints(database: str) -> None:
    class Product(Model):
        sku: Annotated[str, Unique(), Field(max_length=9)]
        colour: Annotated[str, Indexed()]

    apply(target(database, Product))
    run(database, "INSERT INTO product (id, sku, colour) VALUES (gen_random_uuid(), 'A1', 'red')")

    class Product(Model):  # type: ignore[no-redef]  # the next version of the same model
        code: Annotated[str, Unique(), Field(max_length=9), RenamedFrom("sku")]
        color: Annotated[str, Indexed(), RenamedFrom("colour")]

    done = apply(target(database, Product))

    assert names(done.steps) == [
        "rename_column:product.code",
        "rename_column:product.color",
        "rename_constraints:product",
    ]
    assert rows(database, "SELECT code, color FROM product") == [("A1", "red")]
    assert plan(target(database, Product)) == Plan()


def test_a_renamed_table_keeps_its_rows_and_is_still_ours(database: str) -> None:
    class Item(Model):
        name: Annotated[str, Indexed()]

    class Line(Model):
        item_id: Annotated[UUID | None, Reference(Item)] = None

    apply(target(database, Item, Line))
    run(database, "INSERT INTO item (id, name) VALUES (gen_random_uuid(), 'chair')")

    class Product(Model, renamed_from="item"):
        title: Annotated[str, Indexed(), RenamedFrom("name")]

    class Line(Model):  # type: ignore[no-redef]  # the next version of the same model
        item_id: Annotated[UUID | None, Reference(Product)] = None

    apply(target(database, Product, Line))

    assert rows(database, "SELECT title FROM product") == [("chair",)]
    assert plan(target(database, Product, Line)) == Plan()
    assert names(plan(target(database)).refused) == ["drop_table:line", "drop_table:product"]


def test_a_name_given_up_by_a_rename_can_be_used_anew(database: str) -> None:
    class Item(Model):
        name: str

    apply(target(database, Item))
    run(database, "INSERT INTO item (id, name) VALUES (gen_random_uuid(), 'chair')")

    class Product(Model, renamed_from="item"):
        name: str

    class Item(Model):  # type: ignore[no-redef]  # another model of the same name
        weight: int

    apply(target(database, Product, Item))

    assert rows(database, "SELECT (SELECT count(*) FROM product), (SELECT count(*) FROM item)") == [(1, 0)]
    assert plan(target(database, Product, Item)) == Plan()


def test_a_column_that_changes_its_name_without_a_hint_is_refused_with_one(database: str) -> None:
    class Product(Model):
        colour: str

    apply(target(database, Product))

    class Product(Model):  # type: ignore[no-redef]  # the next version of the same model
        color: str | None = None

    found = plan(target(database, Product))

    assert found.steps == ()
    assert 'mark the field with RenamedFrom("colour")' in reasons(found)["add_column:product.color"]
    assert 'mark that field with RenamedFrom("colour")' in reasons(found)["drop_column:product.colour"]


def test_allowing_the_drop_says_that_it_is_no_rename(database: str) -> None:
    class Product(Model):
        colour: str

    apply(target(database, Product))

    class Product(Model):  # type: ignore[no-redef]  # the next version of the same model
        color: str | None = None

    done = apply(target(database, Product), allow={"drop_column:product.colour"})

    assert names(done.steps) == ["add_column:product.color", "drop_column:product.colour"]


def test_a_table_that_changes_its_name_without_a_hint_is_refused_with_one(database: str) -> None:
    class Item(Model):
        name: str
        weight: int

    apply(target(database, Item))

    class Product(Model):
        name: str
        weight: int
        color: str

    found = plan(target(database, Product))

    assert found.steps == ()
    assert 'renamed_from="item"' in reasons(found)["create_table:product"]


def test_an_unlike_table_is_no_rename(database: str) -> None:
    class Item(Model):
        name: str

    apply(target(database, Item))

    class Product(Model):
        weight: int

    assert names(plan(target(database, Product)).steps) == ["create_table:product"]

"""What a migration does to a real database, and what it leaves alone."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from storage.migrations.applying import apply
from storage.migrations.planning import plan
from storage.migrations.steps import Plan
from storage.migrations.stopped import DatabaseUnreachable, StatementFailed, StepFailed
from storage.model import Indexed, Key, Model, Reference, Unique
from tests.integration.blocking_sql import rows, run
from tests.integration.migration_targets import names, reasons, target


class Size(BaseModel):
    width: int


class Everything(Model):
    """One field of each kind."""

    text: str
    number: int
    price: Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
    ratio: float
    flag: bool
    moment: datetime
    day: date
    token: UUID
    tags: list[str]
    counts: dict[str, int]
    size: Size
    status: Literal["new", "paid"]
    grade: Literal[1, 2]
    note: str | None
    parent_id: Annotated[UUID | None, Reference("Everything")]


def test_every_kind_keeps_what_is_put_in(database: str) -> None:
    apply(target(database, Everything))
    run(
        database,
        "INSERT INTO everything (id, text, number, price, ratio, flag, moment, day, token, tags, counts, size, status,"
        " grade, parent_id) VALUES ('00000000-0000-0000-0000-000000000001', 'größe 🎈', 9223372036854775807, 1.5, 0.1,"
        " true, '2021-02-03T04:05:06.789012Z', '2021-02-03', '00000000-0000-0000-0000-000000000007', '[\"a\"]',"
        " '{\"a\": 1}', '{\"width\": 2}', 'paid', 2, '00000000-0000-0000-0000-000000000001')",
    )

    (stored,) = rows(
        database,
        "SELECT text, number, price, ratio, flag, moment, day, token::text, tags, counts, size, status, grade, note,"
        " parent_id::text, version FROM everything",
    )

    assert stored == (
        "größe 🎈",
        2**63 - 1,
        Decimal("1.50"),
        0.1,
        True,
        datetime(2021, 2, 3, 4, 5, 6, 789012, tzinfo=UTC),
        date(2021, 2, 3),
        "00000000-0000-0000-0000-000000000007",
        ["a"],
        {"a": 1},
        {"width": 2},
        "paid",
        2,
        None,
        "00000000-0000-0000-0000-000000000001",
        1,
    )


def test_a_second_apply_does_nothing(database: str) -> None:
    apply(target(database, Everything))

    assert apply(target(database, Everything)) == Plan()


def test_a_plan_changes_nothing(database: str) -> None:
    found = plan(target(database, Everything))

    assert names(found.steps) == ["create_table:everything", "add_reference:everything.parent_id"]
    question = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'mainstay_internal')"
    assert rows(database, question) == [(0,)]


def test_tables_that_refer_to_each_other_are_made(database: str) -> None:
    class Egg(Model):
        hen_id: Annotated[UUID, Reference("Hen")]

    class Hen(Model):
        egg_id: Annotated[UUID | None, Reference("Egg")] = None
        mother_id: Annotated[UUID | None, Reference("Hen")] = None

    apply(target(database, Egg, Hen))

    assert plan(target(database, Egg, Hen)) == Plan()


def test_somebody_elses_tables_are_neither_touched_nor_mentioned(database: str) -> None:
    class Product(Model):
        name: str

    run(
        database,
        "CREATE TABLE ledger (entry text NOT NULL)",
        "CREATE SCHEMA accounts",
        "CREATE TABLE accounts.product (name text)",
        "CREATE VIEW entries AS SELECT entry FROM ledger",
    )
    apply(target(database, Product))
    apply(target(database, Product, service="another"), only_safe=True)

    found = plan(target(database))

    assert names([*found.steps, *found.refused]) == ["drop_table:product"]
    assert rows(database, "SELECT relname::text FROM pg_class WHERE relname IN ('ledger', 'entries')") != []


def test_an_index_and_a_check_made_by_hand_stay(database: str) -> None:
    class Product(Model):
        name: str

    apply(target(database, Product))
    run(
        database,
        "CREATE INDEX by_hand ON product (lower(name))",
        "ALTER TABLE product ADD CONSTRAINT mine CHECK (name <> 'x')",
        "COMMENT ON TABLE product IS 'of the accountants'",
    )

    assert plan(target(database, Product)) == Plan()


def test_a_table_of_that_name_is_taken_over_only_when_told_so(database: str) -> None:
    class Product(Model):
        name: str

    run(database, "CREATE TABLE product (name varchar(20))", "INSERT INTO product VALUES ('chair')")
    wanted = target(database, Product)

    refused = plan(wanted).refused

    assert "Mainstay did not make it" in refused[0].reason
    assert names(plan(wanted).steps) == []
    apply(wanted, allow=names(refused))
    assert plan(wanted) == Plan()
    assert rows(database, "SELECT name, version FROM product") == [("chair", 1)]


def test_a_view_of_that_name_cannot_be_taken_over(database: str) -> None:
    class Product(Model):
        name: str

    run(database, "CREATE VIEW product AS SELECT 1 AS name")

    refused = plan(target(database, Product), allow={"adopt_table:product"}).refused

    assert "a view called product is there already" in refused[0].reason


def test_another_services_table_says_whose_it_is(database: str) -> None:
    class Product(Model):
        name: str

    apply(target(database, Product, service="store"))

    assert "the service store made it" in reasons(plan(target(database, Product)))["adopt_table:product"]


def test_a_table_with_rows_gets_its_index_while_others_write(database: str) -> None:
    class Product(Model):
        name: str

    apply(target(database, Product))
    run(database, "INSERT INTO product (id, name) VALUES (gen_random_uuid(), 'chair')")

    class Product(Model):  # type: ignore[no-redef]  # the next version of the same model
        name: Annotated[str, Unique(), Field(min_length=1)]
        weight: Annotated[int, Indexed()] = 1

    done = apply(target(database, Product))

    assert [step.name for step in done.steps if any("CONCURRENTLY" in statement for statement in step.sql)] == [
        "add_unique:product.name",
        "add_index:product.weight",
    ]
    assert [step.name for step in done.steps if any("NOT VALID" in statement for statement in step.sql)] == [
        "add_check:product.name.min_length"
    ]
    assert plan(target(database, Product)) == Plan()


def test_what_an_interrupted_migration_left_is_finished(database: str) -> None:
    class Line(Model):
        note: Annotated[str, Indexed(), Field(min_length=1)]

    wanted = target(database, Line)
    apply(wanted)
    (index,) = (str(index.name) for index in wanted.metadata.tables["line"].indexes)
    run(
        database,
        "INSERT INTO line (id, note) VALUES (gen_random_uuid(), 'same'), (gen_random_uuid(), 'same')",
        f"DROP INDEX {index}",
        "ALTER TABLE line DROP CONSTRAINT line__note__min_length_ddfece8f,"
        " ADD CONSTRAINT line__note__min_length_ddfece8f CHECK (char_length(note) >= 1) NOT VALID",
    )
    with pytest.raises(StatementFailed, match="could not create unique index"):
        run(database, f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON line (note)")

    done = apply(wanted)

    assert names(done.steps) == ["validate_check:line.note.min_length", "add_index:line.note"]
    assert plan(wanted) == Plan()


def test_a_field_that_is_gone_does_not_hinder_inserts(database: str) -> None:
    class Product(Model):
        name: str
        weight: int

    apply(target(database, Product))
    run(database, "INSERT INTO product (id, name, weight) VALUES (gen_random_uuid(), 'chair', 7)")

    class Product(Model):  # type: ignore[no-redef]  # the next version of the same model
        name: str

    done = apply(target(database, Product), only_safe=True)

    assert names(done.steps) == ["relax_column:product.weight"]
    assert names(done.refused) == ["drop_column:product.weight"]
    assert done.missing == ()
    run(database, "INSERT INTO product (id, name) VALUES (gen_random_uuid(), 'table')")
    assert plan(target(database, Product)).steps == ()


def test_a_nowhere_database_is_a_sentence(database: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="cannot be reached"):
        plan(target("host=/nowhere"))


def test_a_failing_step_says_which_and_why(database: str) -> None:
    class Product(Model):
        name: str

    apply(target(database, Product))
    run(database, "CREATE VIEW names AS SELECT name FROM product")

    with pytest.raises(StepFailed, match=r"^drop_table:product failed: cannot drop table product because"):
        apply(target(database), allow={"drop_table:product"})


def test_an_integer_key_goes_on_counting_after_a_change_of_type(database: str) -> None:
    class Product(Model):
        number: Annotated[str, Key()]

    apply(target(database, Product))
    run(database, "INSERT INTO product (number) VALUES ('7')")

    class Product(Model):  # type: ignore[no-redef]  # the next version of the same model
        number: Annotated[int, Key()]

    apply(target(database, Product), allow={"change_type:product.number"})
    run(database, "INSERT INTO product DEFAULT VALUES")

    assert rows(database, "SELECT number FROM product ORDER BY number") == [(7,), (8,)]
    assert plan(target(database, Product)) == Plan()

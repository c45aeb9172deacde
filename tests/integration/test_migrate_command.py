"""`mainstay migrate FILE`: what a person reads, and the exit status a script reads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from server.commands.migrate import MigrateOptions, run_migrate
from tests.integration.blocking_sql import rows, run

HEAD = """
from typing import Annotated
from storage.model import Indexed, Model, RenamedFrom, Unique
from server.identity.access import ANYONE
from server.service import Resource, Service

class Product(Model):
{fields}

service = Service(name="shop", resources=[Resource(Product, path="/products", access=ANYONE)])
"""
Migrate = Callable[..., int]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "service.py"


@pytest.fixture
def migrate(database: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """The command, for a service whose Product has these fields."""
    monkeypatch.setenv("MAINSTAY_POSTGRES_DSN", database)

    def command(*fields: str, **options: object) -> int:
        file.write_text(HEAD.format(fields="\n".join(f"    {field}" for field in fields)))
        return run_migrate(file, options=MigrateOptions(**options))  # type: ignore[arg-type]  # a test's own words

    return command


def test_the_plan_is_shown_in_words_and_sql(migrate: Migrate, capsys: pytest.CaptureFixture[str], file: Path) -> None:
    status = migrate("name: Annotated[str, Indexed()]")

    said = capsys.readouterr().out
    assert status == 0
    assert "  1. create the table product (5 columns, 1 index)\n      CREATE TABLE product (\n" in said
    assert "      CREATE INDEX product__name__index ON product (name, id);\n" in said
    assert said.endswith(f"Nothing has been changed. To do it: mainstay migrate {file} --apply\n")


def test_applying_says_each_step_and_then_there_is_nothing_to_do(
    migrate: Migrate, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    assert migrate("name: str", apply=True) == 0
    applied = capsys.readouterr().out
    assert migrate("name: str") == 0

    assert applied == "  1. create the table product (5 columns) …\n1 step done.\n"
    assert capsys.readouterr().out == f"The database holds what {file} declares: there is nothing to do.\n"


def test_a_refused_step_says_why_and_how_to_allow_it(migrate: Migrate, capsys: pytest.CaptureFixture[str]) -> None:
    migrate("name: str", "color: str", apply=True)
    capsys.readouterr()

    status = migrate("name: str", apply=True)

    said = capsys.readouterr().out
    assert status == 1
    assert "Refused (1):\n  ✗  drop the column product.color with its 0 values\n" in said
    assert "      color is no longer declared; dropping it loses its 0 values.\n" in said
    assert "      To do it all the same: --allow drop_column:product.color\n" in said
    assert said.endswith("Nothing has been changed. --only-safe does the rest without what is refused.\n")


def test_a_step_allowed_by_name_is_done(migrate: Migrate, database: str) -> None:
    migrate("name: str", "color: str", apply=True)

    status = migrate("name: str", apply=True, allow=frozenset({"drop_column:product.color"}))

    assert status == 0
    assert rows(database, "SELECT count(*) FROM pg_attribute WHERE attname = 'color'") == [(0,)]


def test_only_the_safe_part_is_done_and_the_rest_still_refused(migrate: Migrate, database: str) -> None:
    migrate("name: str", "color: str | None", apply=True)

    status = migrate("name: Annotated[str, Unique()]", apply=True, only_safe=True)

    assert status == 1
    assert rows(database, "SELECT count(*) FROM pg_constraint WHERE conname = 'product__name__unique'") == [(1,)]


def test_a_name_no_step_has_is_said(migrate: Migrate, capsys: pytest.CaptureFixture[str]) -> None:
    status = migrate("name: str", allow=frozenset({"drop_colum:product.color"}))

    assert status == 0
    assert "No step is called drop_colum:product.color." in capsys.readouterr().out


def test_a_written_plan_is_followed(
    migrate: Migrate, capsys: pytest.CaptureFixture[str], tmp_path: Path, file: Path
) -> None:
    folder = tmp_path / "revisions"

    assert migrate("name: str", write=folder, message="The first") == 0
    written = capsys.readouterr().out
    assert migrate("name: str", from_=folder) == 0
    shown = capsys.readouterr().out
    assert migrate("name: str", from_=folder, apply=True) == 0
    followed = capsys.readouterr().out

    assert f"Written: {folder}/0001_the_first.py and 0001_the_first.sql." in written
    assert f"mainstay migrate {file} --from {folder} --apply" in written
    assert shown.startswith("-- 0001_the_first: The first\n")
    assert followed == "  1. 0001_the_first: The first …\n1 revision applied.\n"
    assert migrate("name: str") == 0


def test_a_second_plan_is_not_written_before_the_first_is_followed(
    migrate: Migrate, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "revisions"
    migrate("name: str", write=folder)

    status = migrate("name: str", write=folder)

    assert status == 1
    assert "holds what this database has not seen yet: 0001_create_table_product.py" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [
        {"write": Path("a"), "apply": True},
        {"write": Path("a"), "from_": Path("b")},
        {"message": "x"},
        {"from_": Path("a"), "allow": frozenset({"x"})},
        {"from_": Path("a"), "only_safe": True},
        {"from_": Path("nowhere")},
    ],
)
def test_options_that_make_no_sense_together_are_a_misuse(migrate: Migrate, options: dict[str, object]) -> None:
    assert migrate("name: str", **options) == 2


def test_a_mistake_in_the_file_is_said(migrate: Migrate, capsys: pytest.CaptureFixture[str]) -> None:
    status = migrate("version: int")

    assert status == 1
    assert "version is reserved" in capsys.readouterr().err


def test_what_goes_wrong_is_a_sentence(migrate: Migrate, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    migrate("name: str", "color: str", apply=True)
    run(database, "CREATE VIEW colors AS SELECT color FROM product")
    capsys.readouterr()

    status = migrate("name: str", apply=True, allow=frozenset({"drop_column:product.color"}))

    assert status == 1
    assert capsys.readouterr().err.startswith("drop_column:product.color failed: cannot drop column color of table")


def test_a_database_that_is_not_there_is_a_sentence(
    migrate: Migrate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAINSTAY_POSTGRES_DSN", "host=/nowhere")

    assert migrate("name: str") == 1
    assert capsys.readouterr().err.startswith("The database cannot be reached: ")

"""A plan written to files, reviewed, and followed: once, in order, to its end, and only if it is what was reviewed."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from storage.migrations.applying import apply
from storage.migrations.ledger import is_current
from storage.migrations.planning import Target, plan
from storage.migrations.revision_files import write_revision
from storage.migrations.revisions import apply_revisions, unapplied
from storage.migrations.steps import Plan, Step
from storage.migrations.stopped import RevisionRefused, StepFailed
from storage.model import Indexed, Model, RenamedFrom, Unique
from storage.tables.schema import fingerprint
from tests.integration.blocking_sql import rows, run
from tests.integration.migration_targets import SERVICE, names, target


class First(Model, table="product"):
    name: str
    colour: Annotated[str, Indexed()] = ":tada: 100% \\ \t\n"


class Second(Model, table="product"):
    name: Annotated[str, Unique(), Field(pattern="^(?:a|b:c)[0-9]{1,3}$")]
    color: Annotated[str, Indexed(), RenamedFrom("colour")] = ":tada: 100% \\ \t\n"
    weight: Annotated[int, Indexed()] = 0


def written(wanted: Target, folder: Path, message: str = "") -> Path:
    return write_revision(plan(wanted), folder, message=message)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "revisions"


@pytest.fixture
def second(database: str, folder: Path) -> Target:
    """A database with the first tables and rows in them; both revisions lie in the folder, one is applied."""
    first = target(database, First)
    written(first, folder, "First tables")
    apply_revisions(first, folder)
    run(database, "INSERT INTO product (id, name) VALUES (gen_random_uuid(), 'a1'), (gen_random_uuid(), 'b:c2')")
    wanted = target(database, Second)
    written(wanted, folder)
    return wanted


def test_revisions_are_numbered_and_lie_beside_their_sql(second: Target, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "0001_first_tables.py",
        "0001_first_tables.sql",
        "0002_rename_column_product_color.py",
        "0002_rename_column_product_color.sql",
    ]


def test_followed_they_lead_to_what_is_declared(second: Target, folder: Path) -> None:
    done = apply_revisions(second, folder)

    assert done.applied == ("0002_rename_column_product_color",)
    assert done.remaining == Plan()
    assert plan(second) == Plan()
    assert is_current(second.dsn, SERVICE, fingerprint=fingerprint(second.metadata))
    assert rows(second.dsn, "SELECT DISTINCT color, weight FROM product") == [(":tada: 100% \\ \t\n", 0)]


def test_they_are_followed_once(second: Target, folder: Path) -> None:
    apply_revisions(second, folder)

    assert apply_revisions(second, folder).applied == ()
    assert unapplied(second, folder) == ()


def test_tables_they_make_are_ours(second: Target, folder: Path) -> None:
    apply_revisions(second, folder)

    assert names(plan(target(second.dsn)).refused) == ["drop_table:product"]


def test_one_that_stopped_goes_on_where_it_stopped(second: Target, folder: Path) -> None:
    run(second.dsn, "UPDATE product SET name = 'a1'")
    with pytest.raises(StepFailed, match="could not create unique index"):
        apply_revisions(second, folder)
    run(second.dsn, "UPDATE product SET name = 'b:c2' WHERE id = (SELECT max(id::text)::uuid FROM product)")
    begun: list[str] = []

    done = apply_revisions(second, folder, progress=lambda step: begun.append(step.words))

    assert begun[0].startswith("0002_rename_column_product_color (2 of 4)")
    assert done.remaining == Plan()


def test_what_a_person_adds_is_done_too(second: Target, folder: Path) -> None:
    path = folder / "0002_rename_column_product_color.py"
    with path.open("a") as file:
        file.write('    op.execute("UPDATE product SET weight = 7")\n')
    path.with_suffix(".sql").unlink()

    apply_revisions(second, folder)

    assert rows(second.dsn, "SELECT DISTINCT weight FROM product") == [(7,)]


def test_sql_that_is_not_what_runs_is_refused(second: Target, folder: Path) -> None:
    path = folder / "0002_rename_column_product_color.sql"
    path.write_text(path.read_text().replace("weight", "height"))

    with pytest.raises(RevisionRefused, match=r"does not say what 0002_rename_column_product_color\.py runs"):
        apply_revisions(second, folder)


def test_a_revision_changed_after_it_was_applied_is_refused(second: Target, folder: Path) -> None:
    path = folder / "0001_first_tables.py"
    path.write_text(path.read_text() + '    op.execute("SELECT 1")\n')
    path.with_suffix(".sql").unlink()

    with pytest.raises(RevisionRefused, match=r"0001_first_tables\.py was changed after this database had seen it"):
        apply_revisions(second, folder)


def test_what_remains_to_be_done_is_said(second: Target, folder: Path) -> None:
    class Other(Model):
        name: str

    done = apply_revisions(target(second.dsn, Second, Other), folder)

    assert names(done.remaining.steps) == ["create_table:other"]
    assert not is_current(second.dsn, SERVICE, fingerprint=fingerprint(second.metadata))


def test_a_new_database_follows_all_of_them(second: Target, folder: Path) -> None:
    run(second.dsn, "DROP TABLE product", "DROP SCHEMA mainstay_internal CASCADE")

    done = apply_revisions(second, folder)

    assert done.applied == ("0001_first_tables", "0002_rename_column_product_color")
    assert done.remaining == Plan()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("def upgrade(:", "cannot be read"),
        ("def upgrade():\n    raise KeyError('x')\n", "KeyError"),
        ("def upgrade():\n    op.get_bind().execute('SELECT 1').scalar()\n", "cannot be read as a list of statements"),
    ],
)
def test_a_file_that_is_no_list_of_statements_is_refused(
    database: str, tmp_path: Path, body: str, sentence: str
) -> None:
    head = 'from alembic import op\n\nrevision = "0001"\ndown_revision = None\n\n\n'
    (tmp_path / "0001_x.py").write_text(head + body)

    with pytest.raises(RevisionRefused, match=sentence):
        apply_revisions(target(database), tmp_path)


def test_two_that_follow_the_same_one_are_refused(second: Target, folder: Path) -> None:
    text = (folder / "0002_rename_column_product_color.py").read_text()
    (folder / "0003_other.py").write_text(text.replace('revision = "0002"', 'revision = "0003"', 1))

    with pytest.raises(RevisionRefused, match="no chain"):
        apply_revisions(second, folder)


def test_no_folder_is_a_sentence(database: str, tmp_path: Path) -> None:
    with pytest.raises(RevisionRefused, match="is no folder of revisions"):
        apply_revisions(target(database), tmp_path / "nowhere")


def test_an_empty_plan_is_not_written(database: str, folder: Path) -> None:
    with pytest.raises(RevisionRefused, match="nothing to write"):
        write_revision(Plan(), folder)


def test_taking_a_table_over_is_not_written(folder: Path) -> None:
    step = Step(name="adopt_table:product", words="take it over", sql=(), adopts="product")

    with pytest.raises(RevisionRefused, match="adopt_table:product cannot be written to a file"):
        write_revision(Plan(steps=(step,)), folder)


def test_a_message_with_quotes_is_harmless(database: str, folder: Path) -> None:
    wanted = target(database, First)
    written(wanted, folder, 'say """hi""" \\ and\nmore')

    assert apply_revisions(wanted, folder).remaining == Plan()


def test_revisions_of_a_database_that_was_migrated_without_them_say_so(database: str, folder: Path) -> None:
    wanted = target(database, First)
    written(wanted, folder)
    apply(wanted)

    with pytest.raises(StepFailed, match='relation "product" already exists'):
        apply_revisions(wanted, folder)

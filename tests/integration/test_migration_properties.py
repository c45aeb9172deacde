"""Whatever is declared: a second plan right after an apply is empty."""

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from storage.migrations.applying import apply
from storage.migrations.planning import Target, plan
from storage.migrations.revision_files import write_revision
from storage.migrations.revisions import apply_revisions
from storage.migrations.steps import Plan
from storage.tables.schema import tables
from tests.integration.blocking_sql import fresh_schema, rows, run
from tests.integration.declarations import Declaration, declarations, described, filling, renamings

SERVICE = "shop"
EXAMPLES = 30
UNHURRIED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def target(dsn: str, declaration: Declaration) -> Target:
    return Target(dsn=dsn, metadata=tables(described(declaration)), service=SERVICE)


def everything_allowed(wanted: Target) -> frozenset[str]:
    return frozenset(step.name for step in plan(wanted).refused)


@UNHURRIED
@given(declaration=declarations())
def test_a_second_plan_right_after_an_apply_is_empty(database: str, declaration: Declaration) -> None:
    wanted = target(fresh_schema(database), declaration)
    apply(wanted)

    second = plan(wanted)

    assert second == Plan()


@UNHURRIED
@given(data=st.data())
def test_any_declaration_leads_to_any_other(database: str, data: st.DataObject) -> None:
    dsn = fresh_schema(database)
    apply(target(dsn, data.draw(declarations())))
    wanted = target(dsn, data.draw(declarations()))
    apply(wanted, allow=everything_allowed(wanted))

    second = plan(wanted)

    assert second == Plan()


@UNHURRIED
@given(before=declarations(), after=declarations())
def test_with_rows_there_whatever_can_be_done_is_done_at_once(
    database: str, before: Declaration, after: Declaration
) -> None:
    dsn = fresh_schema(database)
    apply(target(dsn, before))
    run(dsn, *filling(before))
    wanted = target(dsn, after)
    note(f"{before} → {after}")
    allow = everything_allowed(wanted)
    first = apply(wanted, allow=allow, only_safe=True)

    second = plan(wanted, allow=allow)

    assert second == Plan(refused=second.refused)
    assert {step.name for step in second.refused} <= {step.name for step in first.refused}


@UNHURRIED
@given(before=declarations(), after=declarations())
def test_written_revisions_lead_to_what_the_plan_led_to(
    database: str, tmp_path_factory: pytest.TempPathFactory, before: Declaration, after: Declaration
) -> None:
    dsn, folder = fresh_schema(database), tmp_path_factory.mktemp("revisions")
    note(f"{before} → {after}")
    for declaration in (before, after):
        wanted = target(dsn, declaration)
        found = plan(wanted, allow=everything_allowed(wanted))
        if found.steps:
            write_revision(found, folder)

        done = apply_revisions(wanted, folder)

        assert done.remaining == Plan()


@UNHURRIED
@given(data=st.data())
def test_renamed_tables_and_columns_keep_every_row(database: str, data: st.DataObject) -> None:
    dsn = fresh_schema(database)
    before = data.draw(declarations())
    apply(target(dsn, before))
    run(dsn, *filling(before))
    after = data.draw(renamings(before))
    kept = [rows(dsn, f'SELECT * FROM "{draft.table}" ORDER BY 1') for draft in before]  # noqa: S608 - of a test

    apply(target(dsn, after))

    assert plan(target(dsn, after)) == Plan()
    assert [rows(dsn, f'SELECT * FROM "{draft.table}" ORDER BY 1') for draft in after] == kept  # noqa: S608 - of a test

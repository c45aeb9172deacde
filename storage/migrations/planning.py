"""Makes the plan: reads what is there, compares it with what is declared, and writes the steps between the two."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import Column, Identity, MetaData

from storage.migrations import column_changes, column_steps, rule_steps, table_steps
from storage.migrations.catalog import read_catalog
from storage.migrations.comparison import differences
from storage.migrations.differences import (
    ColumnAppears,
    ColumnDiffers,
    ColumnDisappears,
    Difference,
    KeyDiffers,
    RuleAppears,
    RuleDisappears,
    TableAppears,
    TableDisappears,
)
from storage.migrations.ledger import Ledger
from storage.migrations.present_names import present_names
from storage.migrations.present_tables import PresentTables, present_tables
from storage.migrations.rows import Rows
from storage.migrations.session import Session, connected
from storage.migrations.situation import LAST_PHASES, Draft, Phase, Situation
from storage.migrations.steps import Plan, settle
from storage.migrations.type_changes import converted
from storage.tables.schema import NEUTRAL, RENAMED_FROM
from storage.tables.sql_text import default_of, quoted_name, type_name


def _nobody_listens(_session: Session) -> None:
    """Nobody wants to stop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A database and what one service wants in it."""

    dsn: str
    """libpq keywords or a URL; the tables lie in the first schema of its search_path."""
    metadata: MetaData
    service: str
    opened: Callable[[Session], None] = _nobody_listens
    """Told of each connection, so that another thread can stop what runs on it."""

    @contextmanager
    def connected(self) -> Iterator[Session]:
        """A session on the database; raises DatabaseUnreachable."""
        with connected(self.dsn) as session:
            self.opened(session)
            yield session


def plan(target: Target, *, allow: Collection[str] = ()) -> Plan:
    """Say what would be done, and change nothing; `allow` names steps to do although they are refused by default.

    Raises DatabaseUnreachable or StatementFailed.
    """
    with target.connected() as session:
        return planned(session, target, allow=allow)


def planned(session: Session, target: Target, *, allow: Collection[str]) -> Plan:
    """As `plan`, on a session that is open."""
    situation = _situation(session, target, allow=allow)
    return settle((step for _, step in sorted(_drafts(situation), key=_order)), allow)


def _order(draft: Draft) -> tuple[bool, Phase, str]:
    """New columns keep the order of their declaration; what goes, goes by name."""
    phase, step = draft
    return step.run == "repeatable", phase, step.name if phase in (Phase.RELEASE, *LAST_PHASES) else ""


def _situation(session: Session, target: Target, *, allow: Collection[str]) -> Situation:
    metadata, service = target.metadata, target.service
    owners = Ledger(session, service).owners()
    hints = {table.info[RENAMED_FROM] for table in metadata.tables.values()}
    ours = {table for table, owner in owners.items() if owner == service}
    catalog = read_catalog(session, {*metadata.tables, *hints, *ours}, owners=owners)
    names = present_names(metadata, catalog, service=service)
    present = present_tables(metadata, catalog, names=names, service=service)
    found = differences(session, metadata, present=present)
    rows = Rows(session=session, metadata=metadata, present=present, values=_values(metadata, found, present=present))
    return Situation(
        metadata=metadata, present=present, rows=rows, differences=found, service=service, allow=frozenset(allow)
    )


def _values(
    metadata: MetaData, found: tuple[Difference, ...], *, present: PresentTables
) -> Mapping[tuple[str, str], str]:
    """What new columns will hold, and changed ones, as SQL over the rows as they are."""
    values: dict[tuple[str, str], str] = {}
    for item in found:
        match item:
            case ColumnAppears():
                column = metadata.tables[item.table].columns[item.column]
                values[item.table, item.column] = f"({_first_value(column)})::{type_name(column.type)}"
            case ColumnDiffers(old_type=str() as old):
                column = metadata.tables[item.table].columns[item.column]
                name = quoted_name(present.names.column(item.table, item.column))
                values[item.table, item.column] = converted(name, old=old, new=type_name(column.type))
    return values


def _first_value(column: Column[object]) -> str:
    if isinstance(column.server_default, Identity):
        return "row_number() OVER ()"
    return default_of(column) or ("" if column.nullable else column.info[NEUTRAL]) or "NULL"


def _drafts(situation: Situation) -> Iterator[Draft]:
    yield from table_steps.adoptions(situation)
    yield from table_steps.renames(situation.present.names, situation)
    yield from rule_steps.unfinished(situation)
    for item in situation.differences:
        yield from _drafts_for(item, situation)
    yield from _references(situation)


def _drafts_for(item: Difference, situation: Situation) -> Iterator[Draft]:
    match item:
        case TableAppears():
            yield table_steps.created(item.table, situation)
        case TableDisappears():
            yield from table_steps.dropped(item.table, situation)
        case ColumnAppears():
            yield column_steps.added(item, situation)
        case ColumnDisappears():
            yield from column_steps.dropped(item, situation)
        case ColumnDiffers():
            yield from column_changes.changed(item, situation)
        case KeyDiffers():
            yield rule_steps.rekeyed(item, situation)
        case RuleAppears():
            yield from _appearing(item, situation)
        case RuleDisappears():
            yield from _disappearing(item, situation)
        case _:
            assert_never(item)


def _appearing(item: RuleAppears, situation: Situation) -> Iterator[Draft]:
    if item.table in situation.present.tables:
        yield rule_steps.added(item.item, situation)


def _disappearing(item: RuleDisappears, situation: Situation) -> Iterator[Draft]:
    if item.table not in situation.leaving_tables:
        yield from rule_steps.released(item, situation)


def _references(situation: Situation) -> Iterator[Draft]:
    """Of new tables, and those that had to be let go while the types at their ends change."""
    appearing = {item.item for item in situation.differences if isinstance(item, RuleAppears)}
    for table in situation.metadata.tables.values():
        for reference in sorted(table.foreign_key_constraints, key=lambda constraint: str(constraint.name)):
            element = reference.elements[0]
            ends = {(table.name, element.parent.name), (element.column.table.name, element.column.name)}
            is_due = table.name in situation.new_tables or ends & situation.changing_types
            if is_due and reference not in appearing:
                yield rule_steps.added(reference, situation)

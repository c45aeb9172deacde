"""The steps that add a column, drop one, or let go of one that is no longer declared."""

from collections.abc import Iterator

from sqlalchemy import Column, Identity

from storage.migrations.differences import ColumnAppears, ColumnDisappears, KeyDiffers
from storage.migrations.situation import Draft, Phase, Situation, counted, kind_in_words
from storage.migrations.steps import Step
from storage.tables.sql_text import column_definition, default_of, quoted_name, type_name


def added(found: ColumnAppears, situation: Situation) -> Draft:
    """A new column; rows that are there get its default, null, or what whoever migrates allows."""
    column, place = situation.column(found.table, found.column), f"{found.table}.{found.column}"
    head = f"ALTER TABLE {quoted_name(found.table)}"
    has_value = column.nullable or default_of(column) is not None or isinstance(column.server_default, Identity)
    sql: tuple[str, ...] = (f"{head} ADD COLUMN {column_definition(column)}",)
    reason, possible = _perhaps_renamed(found, situation), True
    if not has_value and not situation.rows.is_empty(found.table):
        filling = situation.filling(column)
        sql, possible = _filled(head, column, filling=filling), bool(filling)
        reason = _no_value_reason(found, situation, filling=filling)
    step = Step(
        name=f"add_column:{place}",
        words=f"add the column {place} ({kind_in_words(column)})",
        sql=sql,
        risk="destructive" if reason else "safe",
        reason=reason,
        possible=possible,
        makes=frozenset({place}),
        uses=frozenset({found.table}),
    )
    return Phase.ADD, step


def _filled(head: str, column: Column[object], *, filling: str) -> tuple[str, ...]:
    name = quoted_name(column.name)
    return (
        f"{head} ADD COLUMN {name} {type_name(column.type)} DEFAULT {filling} NOT NULL",
        f"{head} ALTER COLUMN {name} DROP DEFAULT",
    )


def _no_value_reason(found: ColumnAppears, situation: Situation, *, filling: str) -> str:
    rows = counted(situation.rows.all_of(found.table), "row")
    offer = f", or allow this step to put {filling} there" if filling else ""
    trouble = f"{found.table} has {rows} and {found.column} has no default"
    return f"{trouble}: give the field a default, or let it be None{offer}"


def _perhaps_renamed(found: ColumnAppears, situation: Situation) -> str:
    leaving = situation.leaving_columns(found.table)
    undecided = [name for name in leaving if f"drop_column:{found.table}.{name}" not in situation.allow]
    if not undecided:
        return ""
    old = undecided[0]
    return (
        f"{found.table}.{old} disappears while {found.column} appears: if it is {old} under a new name, "
        f'mark the field with RenamedFrom("{old}"); if not, allow drop_column:{found.table}.{old}, or this step'
    )


def dropped(found: ColumnDisappears, situation: Situation) -> Iterator[Draft]:
    """A column that is no longer declared is dropped when told so; until then it must not hinder inserts."""
    table, place = quoted_name(found.table), f"{found.table}.{found.column}"
    name = f"drop_column:{place}"
    lost = counted(situation.rows.with_value(found.table, found.column), "value")
    renamed = situation.new_columns(found.table)
    hint = f'; if it is now called {renamed[0]}, mark that field with RenamedFrom("{found.column}")' if renamed else ""
    yield (
        Phase.DROP_COLUMN,
        Step(
            name=name,
            words=f"drop the column {place} with its {lost}",
            sql=(f"ALTER TABLE {table} DROP COLUMN {quoted_name(found.column)}",),
            risk="destructive",
            reason=f"{found.column} is no longer declared; dropping it loses its {lost}{hint}",
            needed=False,
            uses=frozenset({found.table, *_new_key(found.table, situation)}),
        ),
    )
    if found.required and name not in situation.allow and not renamed:
        yield (
            Phase.RELAX,
            Step(
                name=f"relax_column:{place}",
                words=f"let {place} be null, since no insert gives it any longer",
                sql=(f"ALTER TABLE {table} ALTER COLUMN {quoted_name(found.column)} DROP NOT NULL",),
                uses=frozenset({found.table, *_new_key(found.table, situation)}),
            ),
        )


def _new_key(table: str, situation: Situation) -> list[str]:
    """No column goes while it may still be the key."""
    rekeyed = any(isinstance(item, KeyDiffers) and item.table == table for item in situation.differences)
    key = situation.metadata.tables[table].primary_key.columns
    return [f"{table}.{column.name}" for column in key] if rekeyed else []

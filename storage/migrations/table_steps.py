"""The steps about whole tables: take over, rename, create, drop."""

from collections.abc import Iterator

from sqlalchemy.schema import CreateIndex, CreateTable

from storage.migrations.catalog import INDEX, RELATION_WORDS, TABLE, FoundTable, Referrer
from storage.migrations.present_names import PresentNames
from storage.migrations.situation import Draft, Phase, Situation, counted
from storage.migrations.steps import Step
from storage.tables.sql_text import definition, quoted_name

_SHARED_BY_ALL = frozenset({"id", "version", "created_at", "updated_at"})
_ALIKE = 0.5
"""Two tables look like one under two names if at least this share of their own columns is the same."""
_RENAME_NOTICE = "replicas that still run the version before will fail until they are replaced"


def adoptions(situation: Situation) -> Iterator[Draft]:
    """A declared name that somebody else's table bears is taken over only when told so."""
    for table, found in situation.present.tables.items():
        if found.owner == situation.service:
            continue
        owner = f"the service {found.owner} made it" if found.owner else "Mainstay did not make it"
        kind = "table" if found.kind == TABLE else RELATION_WORDS[found.kind]
        step = Step(
            name=f"adopt_table:{table}",
            words=f"take over the {kind} {table}",
            sql=(),
            risk="destructive",
            reason=f"a {kind} called {table} is there already, and {owner}; "
            f"give the model another table=, or allow this step to make the {kind} this service's own",
            possible=found.kind == TABLE,
            makes=frozenset({table}),
            adopts=table,
        )
        yield Phase.ADOPT, step


def renames(names: PresentNames, situation: Situation) -> Iterator[Draft]:
    """Names that hints give anew; the data stays where it is."""
    for new, old in names.tables.items():
        sql = (f"ALTER TABLE {quoted_name(old)} RENAME TO {quoted_name(new)}",)
        words = f"rename the table {old} to {new}; its rows stay"
        made = frozenset({new})
        yield Phase.RENAME, Step(name=f"rename_table:{new}", words=words, sql=sql, notice=_RENAME_NOTICE, makes=made)
    for (table, new), old in names.columns.items():
        sql = (f"ALTER TABLE {quoted_name(table)} RENAME COLUMN {quoted_name(old)} TO {quoted_name(new)}",)
        words = f"rename {table}.{old} to {new}; its values stay"
        step = Step(
            name=f"rename_column:{table}.{new}",
            words=words,
            sql=sql,
            notice=_RENAME_NOTICE,
            uses=frozenset({table}),
        )
        yield Phase.RENAME, step
    for table in dict.fromkeys(table for table, _ in names.rules):
        yield Phase.RENAME, _renamed_rules(table, names, found=situation.present.tables[table])


def _renamed_rules(table: str, names: PresentNames, *, found: FoundTable) -> Step:
    due = {new: old for (owner, new), old in names.rules.items() if owner == table}
    return Step(
        name=f"rename_constraints:{table}",
        words=f"let the names of {counted(len(due), 'constraint')} and indexes of {table} follow",
        sql=tuple(
            _renamed_rule(table, old, new=new, is_index=found.rules[old].kind == INDEX) for new, old in due.items()
        ),
        uses=frozenset({table}),
    )


def _renamed_rule(table: str, old: str, *, new: str, is_index: bool) -> str:
    if is_index:
        return f"ALTER INDEX {quoted_name(old)} RENAME TO {quoted_name(new)}"
    return f"ALTER TABLE {quoted_name(table)} RENAME CONSTRAINT {quoted_name(old)} TO {quoted_name(new)}"


def created(name: str, situation: Situation) -> Draft:
    """A table with its constraints and indexes; references come when all tables are there."""
    table = situation.metadata.tables[name]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    alike = [other for other in situation.leaving_tables if _alike(name, other, situation=situation)]
    undecided = [other for other in alike if f"drop_table:{other}" not in situation.allow]
    names = [column.name for column in table.columns]
    parts = [counted(len(names), "column"), *([counted(len(indexes), "index")] if indexes else [])]
    return Phase.CREATE, Step(
        name=f"create_table:{name}",
        words=f"create the table {name} ({', '.join(parts)})",
        sql=(definition(CreateTable(table)), *(definition(CreateIndex(index)) for index in indexes)),
        reason=_perhaps_renamed(name, undecided[0]) if undecided else "",
        run="together",
        makes=frozenset({name, *(f"{name}.{column}" for column in names)}),
    )


def _perhaps_renamed(new: str, old: str) -> str:
    return (
        f"{old} disappears while {new} appears with the same columns: if it is {old} under a new name, "
        f'say class …(Model, renamed_from="{old}"); if not, allow drop_table:{old}, or this step to make both stand'
    )


def _alike(new: str, old: str, *, situation: Situation) -> bool:
    declared = {column.name for column in situation.metadata.tables[new].columns} - _SHARED_BY_ALL
    present = set(situation.present.tables[old].columns) - _SHARED_BY_ALL
    return bool(declared) and len(declared & present) >= _ALIKE * len(declared | present)


def dropped(name: str, situation: Situation) -> Iterator[Draft]:
    """A table of ours that is no longer declared; references to it go first."""
    found, step_name = situation.present.tables[name], f"drop_table:{name}"
    others = [referrer for referrer in found.referrers if (referrer.table, referrer.same_schema) != (found.name, True)]
    near = [referrer for referrer in others if _is_ours(referrer.table, situation) and referrer.same_schema]
    foreign = sorted(referrer.table for referrer in others if referrer not in near)
    if step_name in situation.allow and not foreign:
        yield from (_released(referrer, situation) for referrer in near)
    lost = counted(situation.rows.all_of(name), "row")
    reason = f"{name} is no longer declared; dropping it loses its {lost}"
    step = Step(
        name=step_name,
        words=f"drop the table {name} with its {lost}",
        sql=(f"DROP TABLE {quoted_name(name)}",),
        risk="destructive",
        reason=f"{', '.join(foreign)} refers to it and is not ours" if foreign else reason,
        possible=not foreign,
        needed=False,
    )
    yield Phase.DROP_TABLE, step


def _released(referrer: Referrer, situation: Situation) -> Draft:
    names = situation.present.names
    table = names.declared_table(referrer.table)
    constraint = names.declared_rule(table, referrer.constraint)
    sql = f"ALTER TABLE {quoted_name(table)} DROP CONSTRAINT IF EXISTS {quoted_name(constraint)}"
    return Phase.RELEASE, Step(
        name=f"drop_constraint:{constraint}",
        words=f"let go of the reference {constraint}, whose target is dropped",
        sql=(sql,),
        uses=frozenset({table}),
    )


def _is_ours(table: str, situation: Situation) -> bool:
    return any(found.name == table for found in situation.present.tables.values())

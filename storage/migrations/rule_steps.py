"""The steps about constraints, indexes and keys: made without standing in anybody's way where a table has rows."""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.schema import AddConstraint, Constraint, CreateIndex

from storage.migrations.catalog import INDEX
from storage.migrations.differences import KeyDiffers, RuleAppears, RuleDisappears
from storage.migrations.situation import Draft, Phase, Situation, counted
from storage.migrations.steps import Run, Step
from storage.tables.constraint_names import NamedRule, is_ours
from storage.tables.constraints import RULE, named_items
from storage.tables.sql_text import condition_of, definition, quoted_name


def added(item: Constraint | Index, situation: Situation) -> Draft:
    """A declared constraint or index on a table that is there, or a reference of one that is being made."""
    rule: NamedRule = item.info[RULE]
    is_empty = situation.rows.is_empty(rule.table)
    is_new = rule.table not in situation.present.tables and rule.refers_to not in situation.present.tables
    run: Run = "together" if is_new else "alone" if is_empty else "repeatable"
    obstacle = "" if is_empty else _obstacle(item, situation)
    step = Step(
        name=f"add_{rule.rule}:{_place(rule)}",
        words=_words(item),
        sql=_at_once(item, situation) if is_empty else _without_waiting(item),
        reason=obstacle,
        possible=not obstacle,
        run=run,
        uses=frozenset({rule.table, *(f"{rule.table}.{name}" for name in rule.fields), *_target(item)}),
    )
    return Phase.REFER if rule.rule == "reference" else Phase.HOLD, step


def _place(rule: NamedRule) -> str:
    return f"{rule.table}.{'+'.join(rule.fields)}{'.' if rule.limit else ''}{rule.limit}"


def _words(item: Constraint | Index) -> str:
    rule: NamedRule = item.info[RULE]
    fields = " and ".join(f"{rule.table}.{name}" for name in rule.fields)
    match item:
        case CheckConstraint():
            return f"hold {fields} to: {condition_of(item)}"
        case ForeignKeyConstraint():
            return f"let {fields} refer to {rule.refers_to}"
        case UniqueConstraint():
            return f"let no two rows share {fields}"
    return f"index {fields}"


def _target(item: Constraint | Index) -> tuple[str, ...]:
    if not isinstance(item, ForeignKeyConstraint):
        return ()
    column = item.elements[0].column
    return column.table.name, f"{column.table.name}.{column.name}"


def _at_once(item: Constraint | Index, situation: Situation) -> tuple[str, ...]:
    rule: NamedRule = item.info[RULE]
    found = situation.present.tables.get(rule.table)
    name = situation.present.names.rules.get((rule.table, str(item.name)), str(item.name))
    there = found.rules.get(name) if found else None
    if there is None:
        return (_definition(item),)
    release = _dropped(rule.table, str(item.name), is_index=there.kind == INDEX, if_exists=" IF EXISTS")
    return release, _definition(item)


def _definition(item: Constraint | Index) -> str:
    if isinstance(item, Index):
        return definition(CreateIndex(item))
    return definition(AddConstraint(item, isolate_from_table=False))


def _dropped(table: str, name: str, *, is_index: bool, if_exists: str = "") -> str:
    if is_index:
        return f"DROP INDEX{if_exists} {quoted_name(name)}"
    return f"ALTER TABLE {quoted_name(table)} DROP CONSTRAINT{if_exists} {quoted_name(name)}"


def _without_waiting(item: Constraint | Index) -> tuple[str, ...]:
    """An index is built while others write; a constraint is added first and checked against the rows afterwards.

    Each begins by removing what an interrupted run may have left.
    """
    rule: NamedRule = item.info[RULE]
    table, name = quoted_name(rule.table), quoted_name(str(item.name))
    release = f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
    match item:
        case Index():
            building = definition(CreateIndex(item)).replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)
            return (f"DROP INDEX CONCURRENTLY IF EXISTS {name}", building)
        case UniqueConstraint():
            columns = ", ".join(quoted_name(column.name) for column in item.columns)
            return (
                release,
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns})",
                f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
            )
    addition = _definition(item).removeprefix(f"ALTER TABLE {table} ")
    return (f"{release}, {addition} NOT VALID", f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _obstacle(item: Constraint | Index, situation: Situation) -> str:
    """What rows stand in the way, in words; empty where none does."""
    rule: NamedRule = item.info[RULE]
    rows, table = situation.rows, rule.table
    match item:
        case CheckConstraint():
            count = rows.breaking(table, rule.fields, condition=condition_of(item))
            trouble = f"not keeping to {condition_of(item)}"
        case UniqueConstraint():
            count, trouble = rows.sharing(table, rule.fields), f"sharing {' and '.join(rule.fields)} with another"
        case ForeignKeyConstraint():
            key = item.elements[0].column
            count = rows.without_target(table, rule.fields[0], target=key.table.name, key=key.name)
            trouble = f"referring to a row of {rule.refers_to} that is not there"
        case _:
            return ""
    stand, them = ("stands", "it") if count == 1 else ("stand", "them")
    return f"{counted(count, 'row')} of {table} {stand} in the way, {trouble}: change {them} first" if count else ""


def released(found: RuleDisappears, situation: Situation) -> Iterator[Draft]:
    """What is no longer declared goes, unless it goes along with its column or its successor bears its name."""
    table = situation.present.tables[found.table]
    rule = table.rules[situation.present.names.rules.get((found.table, found.name), found.name)]
    columns = {situation.present.names.declared_column(found.table, name) for name in rule.columns}
    if columns & set(situation.leaving_columns(found.table)) or _has_successor(found, situation):
        return
    is_index = rule.kind == INDEX
    step = Step(
        name=f"drop_{'index' if is_index else 'constraint'}:{found.name}",
        words=f"let go of the {'index' if is_index else 'constraint'} {found.name}",
        sql=(_dropped(found.table, found.name, is_index=is_index, if_exists=" IF EXISTS"),),
        uses=frozenset({found.table}),
    )
    yield Phase.RELEASE, step


def _has_successor(found: RuleDisappears, situation: Situation) -> bool:
    appearing = (item.item for item in situation.differences if isinstance(item, RuleAppears))
    return any(item.info[RULE].table == found.table and item.name == found.name for item in appearing)


def unfinished(situation: Situation) -> Iterator[Draft]:
    """What an interrupted migration left: constraints to check against the rows, indexes nobody wants any longer."""
    appearing = {str(item.item.name) for item in situation.differences if isinstance(item, RuleAppears)}
    for name, found in situation.present.tables.items():
        if name not in situation.metadata.tables:
            continue
        declared = {str(item.name): item for item in named_items(situation.metadata.tables[name])}
        for present in sorted(found.unvalidated):
            item = declared.get(situation.present.names.declared_rule(name, present))
            if item is not None and str(item.name) not in appearing:
                yield Phase.HOLD, _validated(item, situation)
        for index in sorted(found.unfinished_indexes - declared.keys()):
            if is_ours(index):
                words = f"remove the index {index}, whose making was interrupted"
                sql = (_dropped(name, index, is_index=True),)
                yield Phase.RELEASE, Step(name=f"drop_index:{index}", words=words, sql=sql, uses=frozenset({name}))


def _validated(item: Constraint | Index, situation: Situation) -> Step:
    rule: NamedRule = item.info[RULE]
    obstacle = _obstacle(item, situation)
    return Step(
        name=f"validate_{rule.rule}:{_place(rule)}",
        words=f"check the rows there: {_words(item)}",
        sql=(f"ALTER TABLE {quoted_name(rule.table)} VALIDATE CONSTRAINT {quoted_name(str(item.name))}",),
        reason=obstacle,
        possible=not obstacle,
        run="repeatable",
        uses=frozenset({rule.table, *(f"{rule.table}.{name}" for name in rule.fields)}),
    )


def rekeyed(found: KeyDiffers, situation: Situation) -> Draft:
    """Another column becomes the key; references to the old one are made again, to the new one."""
    declared, present = situation.metadata.tables[found.table], situation.present.tables[found.table]
    names, key = situation.present.names, next(iter(declared.primary_key.columns)).name
    head = f"ALTER TABLE {quoted_name(found.table)}"
    referrers = [(names.declared_table(item.table), item.constraint) for item in present.referrers if item.same_schema]
    releases = [
        _dropped(table, names.declared_rule(table, name), is_index=False, if_exists=" IF EXISTS")
        for table, name in referrers
    ]
    if present.key is not None:
        releases.append(f"{head} DROP CONSTRAINT {quoted_name(names.declared_rule(found.table, present.key.name))}")
    count = situation.rows.without_value(found.table, key) + situation.rows.sharing(found.table, (key,))
    is_empty = situation.rows.is_empty(found.table)
    reason = f"{counted(count, 'row')} of {found.table} would be without a {key} of its own" if count else ""
    known = f"the rows of {found.table} would be known by {key} instead of what callers hold"
    unknown = is_empty or present.key is None
    step = Step(
        name=f"change_key:{found.table}",
        words=f"make {key} the key of {found.table}",
        sql=(*releases, _definition(declared.primary_key)),
        risk="safe" if unknown else "destructive",
        reason=reason or ("" if unknown else known),
        possible=not count,
        makes=frozenset({f"{found.table}.{key}"}),
        uses=frozenset({found.table, f"{found.table}.{key}"}),
    )
    return Phase.KEY, step

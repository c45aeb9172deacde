"""Asks Alembic how a database differs from the declared tables."""

from collections.abc import Iterable, Iterator

from alembic.autogenerate import produce_migrations
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import DefaultClause, Identity, Index, MetaData, Table, create_engine
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import Constraint
from sqlalchemy.types import TypeEngine

from storage.migrations.default_comparison import SESSION, register
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
from storage.migrations.present_tables import PRESENT, PresentInspector, PresentTables
from storage.migrations.session import Session
from storage.tables.constraints import named_items
from storage.tables.sql_text import type_name

_PLUGINS = (
    "alembic.autogenerate.*",
    "alembic.ext.checkconstraint_byname",
    "~alembic.autogenerate.comments",  # a comment is for whoever wrote it
    "~alembic.autogenerate.defaults",
)
_NO_TABLE = "no table"
"""Alembic overlooks the table it would keep its versions in; no model's table can be called this."""


def differences(session: Session, metadata: MetaData, *, present: PresentTables) -> tuple[Difference, ...]:
    """Compare the present tables with the declared ones; raises DatabaseUnreachable or StatementFailed."""
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: session.connection, poolclass=StaticPool, use_native_hstore=False
    )
    engine.dialect.inspector = PresentInspector  # type: ignore[attr-defined]  # SQLAlchemy asks it for its inspector
    with engine.connect() as connection:
        connection.info.update({PRESENT: present, SESSION: session})
        options = {
            "compare_type": _types_differ,
            "autogenerate_plugins": [*_PLUGINS, register()],
            "version_table": _NO_TABLE,
        }
        context = MigrationContext.configure(connection, opts=options)
        upgrade = produce_migrations(context, metadata).upgrade_ops
        upgrade = produce_migrations(context, metadata).upgrade_ops
        of_tables = _of_tables(upgrade.ops if upgrade else (), metadata)
        return (*of_tables, *_keys(present, metadata))


def _of_tables(operations: Iterable[ops.MigrateOperation], metadata: MetaData) -> Iterator[Difference]:
    for operation in operations:
        match operation:
            case ops.CreateTableOp():
                yield TableAppears(table=operation.table_name)
            case ops.DropTableOp():
                yield TableDisappears(table=operation.table_name)
            case ops.ModifyTableOps():
                for change in operation.ops:
                    yield _of_table(change, operation.table_name, metadata=metadata)
            case _:
                raise NotImplementedError(f"Alembic reports {type(operation).__name__}, which no declaration leads to")


def _of_table(change: ops.MigrateOperation, table: str, *, metadata: MetaData) -> Difference:
    match change:
        case ops.AddColumnOp():
            return ColumnAppears(table=table, column=change.column.name)
        case ops.DropColumnOp():
            column = change.to_column()
            needs_value = not column.nullable and column.server_default is None
            return ColumnDisappears(table=table, column=change.column_name, required=needs_value)
        case ops.AlterColumnOp():
            return _of_column(change)
        case ops.AddConstraintOp() | ops.CreateIndexOp():
            name = change.index_name if isinstance(change, ops.CreateIndexOp) else change.to_constraint().name
            return RuleAppears(table=table, item=_declared(metadata.tables[table], name=str(name)))
        case ops.DropConstraintOp() | ops.DropIndexOp():
            name = change.index_name if isinstance(change, ops.DropIndexOp) else change.constraint_name
            return RuleDisappears(table=table, name=str(name))
    raise NotImplementedError(f"Alembic reports {type(change).__name__}, which no declaration leads to")


def _of_column(change: ops.AlterColumnOp) -> ColumnDiffers:
    old_type = type_name(change.existing_type) if change.modify_type is not None and change.existing_type else None
    return ColumnDiffers(
        table=change.table_name,
        column=change.column_name,
        old_type=old_type,
        default_differs=change.modify_server_default is not False,
        had_default=isinstance(change.existing_server_default, DefaultClause),
        had_identity=isinstance(change.existing_server_default, Identity),
        nullable=change.modify_nullable,
    )


def _declared(table: Table, *, name: str) -> Constraint | Index:
    return next(item for item in named_items(table) if item.name == name)


def _keys(present: PresentTables, metadata: MetaData) -> Iterator[KeyDiffers]:
    """Alembic does not look at primary keys."""
    for table, found in present.tables.items():
        if table not in metadata.tables:
            continue
        columns = tuple(present.names.declared_column(table, name) for name in found.key.columns) if found.key else ()
        if columns != tuple(metadata.tables[table].primary_key.columns.keys()):
            yield KeyDiffers(table=table)


def _types_differ(*compared: object) -> bool:
    """Alembic hands over its context, both columns, and last the type as it is and as declared."""
    present, declared = compared[-2:]
    return (
        isinstance(present, TypeEngine)
        and isinstance(declared, TypeEngine)
        and type_name(present) != type_name(declared)
    )

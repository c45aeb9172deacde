"""An Alembic comparator for columns' defaults: two ways to write one value are equal, and identity counts.

Alembic's own cannot be asked through its `compare_server_default` hook where a column is an identity: the hook
reads the text of a default that has none (alembic 1.20.1, autogenerate/compare/server_defaults.py).
"""

from functools import cache

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import AlterColumnOp
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import Column, Identity

from storage.migrations.session import Session
from storage.migrations.stopped import StatementFailed
from storage.tables.sql_text import default_of, spaced, type_name

PLUGIN = "mainstay.defaults"
SESSION = "mainstay_session"
"""Where a SQLAlchemy connection's `info` keeps the session to ask."""


@cache
def register() -> str:
    """Make the comparator known to Alembic, once a process; returns the name to switch it on by."""
    comparator = Plugin(PLUGIN)
    comparator.add_autogenerate_comparator(_compare, "column", "server_default", priority=DispatchPriority.FIRST)
    return PLUGIN


def _compare(context: AutogenContext, change: AlterColumnOp, *place: object) -> PriorityDispatchResult:
    """Alembic calls this for each column; `place` is schema, table, column, and the column as it is and as declared."""
    present, declared = place[-2:]
    if context.connection is None or not isinstance(present, Column) or not isinstance(declared, Column):
        return PriorityDispatchResult.CONTINUE
    change.existing_server_default = present.server_default
    if _differ(context.connection.info[SESSION], present, declared=declared):
        change.modify_server_default = declared.server_default
    return PriorityDispatchResult.STOP


def _differ(session: Session, present: Column[object], *, declared: Column[object]) -> bool:
    identities = isinstance(present.server_default, Identity), isinstance(declared.server_default, Identity)
    if any(identities):
        return identities[0] != identities[1]
    old, new = default_of(present), default_of(declared)
    if old is None or new is None:
        return old != new
    return old != new and not _equal(session, old, new=new, kind=type_name(declared.type))


def _equal(session: Session, old: str, *, new: str, kind: str) -> bool:
    """Whether Postgres sees one value in both."""
    if "nextval" in old:  # asking for its value would use one up
        return False
    try:
        return bool(session.value(spaced("SELECT", f"({old})::{kind} IS NOT DISTINCT FROM ({new})::{kind}")))
    except StatementFailed:
        return False

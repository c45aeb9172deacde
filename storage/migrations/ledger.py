"""What Mainstay remembers in the database itself, in its own schema: tables it made, what is applied, secrets."""

import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

from storage.migrations.gate import passed
from storage.migrations.lock_patience import PATIENCE
from storage.migrations.session import Session, connected
from storage.migrations.stopped import RightRefused, StatementFailed

CURSOR_SECRET = "cursor"  # noqa: S105 - the secret's name, not the secret
SECRET_BYTES = 32
NO_SUCH_TABLE = frozenset({"42P01", "3F000"})
"""undefined_table and invalid_schema_name (PostgreSQL manual, appendix A)."""
NOT_ALLOWED = "42501"
GRANT_NEEDED = (
    "A role that serves without having migrated needs its rights, which whoever migrates can give it: "
    "mainstay migrate FILE --apply --grant ROLE"
)

_STATE = """
SELECT applied.fingerprint, secret.value
FROM mainstay_internal.applied_schema AS applied, mainstay_internal.secret AS secret
WHERE applied.service = %s AND applied.schema_name = current_schema() AND secret.name = %s
    AND NOT EXISTS (SELECT FROM unnest(%s) AS name WHERE to_regclass(name) IS NULL)
"""
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """What a starting replica needs to know, read in one round trip."""

    fingerprint: str
    """Of the tables applied last; compare it with `storage.tables.schema.fingerprint`."""
    cursor_secret: bytes
    """What every replica signs paging cursors with."""


def read_state(dsn: str, service: str) -> SchemaState | None:
    """Read the state a migration left for this service; None before the first one.

    None too where a table of our own is missing, as it is new since then: the next migration makes it.
    Costs a connect and one statement and loads no Alembic. Raises DatabaseUnreachable, and RightRefused where the role
    may not read it.
    """
    with connected(dsn) as session:
        try:
            with _rights_needed():
                found = session.rows(_STATE, (service, CURSOR_SECRET, _own_tables()))
        except StatementFailed as error:
            if error.sqlstate in NO_SUCH_TABLE:
                return None
            raise
    return SchemaState(fingerprint=found[0][0], cursor_secret=bytes(found[0][1])) if found else None


@contextmanager
def _rights_needed() -> Iterator[None]:
    """Say what to do for a role that may not read what is asked for."""
    try:
        yield
    except StatementFailed as error:
        if error.sqlstate == NOT_ALLOWED:
            raise RightRefused(f"{error}. {GRANT_NEEDED}", sqlstate=error.sqlstate) from error
        raise


def is_current(dsn: str, service: str, *, fingerprint: str) -> bool:
    """Whether the tables applied last are those with this fingerprint."""
    state = read_state(dsn, service)
    return state is not None and state.fingerprint == fingerprint


def taken_tables(dsn: str, service: str, *, declared: Collection[str]) -> Mapping[str, str]:
    """Which of the declared tables other services made, and who; raises as `read_state`."""
    with connected(dsn) as session, _rights_needed():
        owners = Ledger(session, service).owners()
    return {table: owner for table, owner in owners.items() if table in declared and owner != service}


def make_ready(dsn: str) -> None:
    """Make the tables of our own where one is missing, for a command that needs no declaration; raises as `read_state`.

    Where all are there nothing is asked for that a role without rights could not have.
    """
    with connected(dsn) as session:
        missing = "SELECT EXISTS (SELECT FROM unnest(%s) AS name WHERE to_regclass(name) IS NULL)"
        if session.value(missing, (_own_tables(),)):
            with passed(session, PATIENCE):
                Ledger(session, service="").prepare()


def _own_tables() -> list[str]:
    return _TABLE.findall(_script())


def _script() -> str:
    return files(__package__).joinpath("ledger.sql").read_text()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRecord:
    """How far a revision file has been applied."""

    digest: str
    """Of what it ran."""
    parts_done: int
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """One service's part of that memory, for the schema the session's search_path starts with."""

    session: Session
    service: str

    def prepare(self) -> None:
        """Make the tables of our own schema where they are missing, and the secrets in them."""
        self.session.run(_script())
        self.session.run(
            "INSERT INTO mainstay_internal.secret (name, value) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (CURSOR_SECRET, secrets.token_bytes(SECRET_BYTES)),
        )

    def owners(self) -> Mapping[str, str]:
        """Which service made each table; empty before the first migration."""
        if self.session.value("SELECT to_regclass('mainstay_internal.owned_table') IS NULL"):
            return {}
        statement = "SELECT table_name, service FROM mainstay_internal.owned_table WHERE schema_name = current_schema()"
        return dict(self.session.rows(statement))

    def own(self, tables: Collection[str]) -> None:
        """Remember that these tables are this service's."""
        for table in sorted(tables):
            self.session.run(
                "INSERT INTO mainstay_internal.owned_table (schema_name, table_name, service)"
                " VALUES (current_schema(), %s, %s)"
                " ON CONFLICT (schema_name, table_name) DO UPDATE SET service = EXCLUDED.service",
                (table, self.service),
            )

    def forget_missing(self) -> None:
        """Let go of tables that no longer exist."""
        self.session.run(
            "DELETE FROM mainstay_internal.owned_table WHERE schema_name = current_schema()"
            " AND to_regclass(format('%I.%I', schema_name, table_name)) IS NULL"
        )

    def record_fingerprint(self, fingerprint: str) -> None:
        """Remember that the tables with this fingerprint are applied."""
        self.session.run(
            "INSERT INTO mainstay_internal.applied_schema (service, schema_name, fingerprint)"
            " VALUES (%s, current_schema(), %s)"
            " ON CONFLICT (service, schema_name) DO UPDATE"
            " SET fingerprint = EXCLUDED.fingerprint, applied_at = now()",
            (self.service, fingerprint),
        )

    def revisions(self) -> Mapping[str, RevisionRecord]:
        """The revisions applied from files, by their numbers."""
        if self.session.value("SELECT to_regclass('mainstay_internal.applied_revision') IS NULL"):
            return {}
        rows = self.session.rows(
            "SELECT revision, digest, parts_done, is_finished FROM mainstay_internal.applied_revision"
            " WHERE service = %s AND schema_name = current_schema()",
            (self.service,),
        )
        return {
            revision: RevisionRecord(digest=digest, parts_done=parts_done, is_finished=is_finished)
            for revision, digest, parts_done, is_finished in rows
        }

    def record_revision(self, revision: str, record: RevisionRecord) -> None:
        """Remember how far a revision has been applied."""
        self.session.run(
            "INSERT INTO mainstay_internal.applied_revision"
            " (service, schema_name, revision, digest, parts_done, is_finished)"
            " VALUES (%s, current_schema(), %s, %s, %s, %s)"
            " ON CONFLICT (service, schema_name, revision) DO UPDATE SET digest = EXCLUDED.digest,"
            " parts_done = EXCLUDED.parts_done, is_finished = EXCLUDED.is_finished, applied_at = now()",
            (self.service, revision, record.digest, record.parts_done, record.is_finished),
        )

"""A migration's own connection: plain psycopg2 in autocommit, with the driver's errors said in our words."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

from storage.migrations.stopped import DatabaseUnreachable, LockNotGiven, StatementFailed
from storage.postgres.blocking import connect_blocking

APPLICATION_NAME = "mainstay migrate"
LOCK_CODES = frozenset({"55P03", "40P01"})
"""lock_not_available and deadlock_detected (PostgreSQL manual, appendix A)."""
QUERY_CANCELED = "57014"


class Session:
    """One connection; every statement stands alone unless it runs inside `transaction()`."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._is_stopping = False

    def run(self, statement: str, values: Sequence[object] | None = None) -> None:
        """Run one statement; raises LockNotGiven, StatementFailed or DatabaseUnreachable."""
        self._execute(statement, values, fetch=False)

    def rows(self, statement: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows; raises as `run` does."""
        return self._execute(statement, values, fetch=True)

    def value(self, statement: str, values: Sequence[object] | None = None) -> Any:
        """The one value a statement returns."""
        return self.rows(statement, values)[0][0]

    @property
    def is_usable(self) -> bool:
        """Whether another statement can be run."""
        return not self.connection.closed and not self._is_stopping

    def stop(self) -> None:
        """End the statement that runs, if one does, and run no other; may be called from another thread."""
        self._is_stopping = True
        if not self.connection.closed:
            self.connection.cancel()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together, or none does."""
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            if self.is_usable:
                self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def _execute(self, statement: str, values: Sequence[object] | None, *, fetch: bool) -> list[tuple[Any, ...]]:
        if self._is_stopping:
            raise StatementFailed("The migration was told to stop.", sqlstate=QUERY_CANCELED)
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if fetch else []
        except psycopg2.Error as error:
            raise _translated(error) from error


@contextmanager
def connected(dsn: str) -> Iterator[Session]:
    """A session on the database at `dsn` (libpq keywords or a URL); raises DatabaseUnreachable."""
    with closing(_connect(dsn)) as connection:
        connection.autocommit = True
        yield Session(connection)


def _connect(dsn: str) -> Any:
    try:
        return connect_blocking(dsn, application_name=APPLICATION_NAME)
    except psycopg2.Error as error:
        raise DatabaseUnreachable(f"The database cannot be reached: {str(error).strip()}") from error


def _translated(error: psycopg2.Error) -> Exception:
    code = error.pgcode or ""
    sentence = (error.diag.message_primary or str(error)).strip()
    detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
    if code in LOCK_CODES:
        return LockNotGiven(sentence, sqlstate=code)
    if not code or code.startswith(("08", "57P")):
        return DatabaseUnreachable(f"The connection to the database broke: {sentence}")
    return StatementFailed(f"{sentence}{detail}", sqlstate=code)

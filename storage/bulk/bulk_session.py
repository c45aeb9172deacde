"""A bulk load's own connection: plain psycopg2 on a thread of its own, stopped from any other."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import BytesIO
from typing import Any

import psycopg2

from storage.postgres.blocking import connect_blocking
from storage.postgres.sqlstate import is_lost, translated
from storage.postgres.violation import ForbiddenByOthers, ForbiddenValue

APPLICATION_NAME = "mainstay load"


class LoadFailed(Exception):  # noqa: N818 - it says what happened
    """The load cannot go on; the transaction that was open has changed nothing."""


class Stopped(LoadFailed):
    """Somebody stopped the load; the transaction that was open has changed nothing."""


class BulkSession:
    """One connection, whose statements all run inside `transaction()`.

    Raises ForbiddenByOthers and ForbiddenValue where a rule is broken, Stopped once it was told to stop, and
    LoadFailed for the rest.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._stopped = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together at the end, or none does if the block raises."""
        try:
            yield
            with self._cursor():
                self._connection.commit()
        except BaseException:
            with suppress(psycopg2.Error):  # the connection is gone, and the transaction with it
                self._connection.rollback()
            raise

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of a transaction that can fail by itself."""
        self.run("SAVEPOINT attempt")
        try:
            yield
        except (ForbiddenByOthers, ForbiddenValue):
            self.run("ROLLBACK TO SAVEPOINT attempt")
            raise
        self.run("RELEASE SAVEPOINT attempt")

    def run(self, statement: str) -> int:
        """Run one statement; how many rows it changed."""
        with self._cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.rowcount)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement; its rows."""
        with self._cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def copy(self, statement: str, text: str) -> None:
        """Run a `COPY … FROM STDIN` with these lines."""
        with self._cursor() as cursor:
            cursor.copy_expert(statement, BytesIO(text.encode()))

    def go_on(self) -> None:
        """Raise Stopped once somebody has stopped the load."""
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """End the statement that runs and refuse the next; call it from another thread until the load is over."""
        self._stopped.set()
        with suppress(psycopg2.Error):
            self._connection.cancel()

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        self.go_on()
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            raise self._said(error) from error

    def _said(self, error: psycopg2.Error) -> Exception:
        if self._stopped.is_set():
            return Stopped()
        lost = is_lost(error)
        problem = translated(error, lost=lost, writing=False)
        if isinstance(problem, ForbiddenByOthers | ForbiddenValue):
            return problem
        sentence = (error.diag.message_primary or str(error)).strip()
        return LoadFailed(f"The connection to Postgres broke: {sentence}" if lost else f"Postgres said: {sentence}")


@contextmanager
def bulk_session(dsn: str) -> Iterator[BulkSession]:
    """A session on the database at `dsn` (libpq keywords or a URL); raises LoadFailed where it cannot connect."""
    with closing(_connect(dsn)) as connection:
        yield BulkSession(connection)


def _connect(dsn: str) -> Any:
    try:
        return connect_blocking(dsn, application_name=APPLICATION_NAME)
    except psycopg2.Error as error:
        raise LoadFailed(f"Postgres cannot be reached: {str(error).strip()}") from error

"""One file's rows on their way into a table: copied into a temporary table beside it, then moved in together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Identity, Table

from storage.bulk.bulk_session import BulkSession
from storage.bulk.copy_text import copy_line
from storage.bulk.row_maker import Row
from storage.bulk.sql_files import written
from storage.tables.sql_text import quoted_name

ROWS_A_COPY = 2_000
"""At some 200 bytes a row, less than half a megabyte at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A temporary table that holds a file's rows until the transaction ends; its column `#line` numbers them."""

    name: str
    table: Table
    columns: tuple[str, ...]
    """What the rows give: the key, if they may give it, and all fields a caller writes."""

    def create(self, session: BulkSession) -> None:
        """Make it, empty, with the table's own types."""
        session.run(written("stage", stage=self.quoted, table=quoted_name(self.table.name), columns=self._columns))

    def copy(self, session: BulkSession, rows: Iterable[Row]) -> None:
        """Fill it."""
        statement = f'COPY {self.quoted} ("#line", {self._columns}) FROM STDIN'
        for batch in _batches(iter(rows)):
            session.copy(statement, "".join(copy_line((row.line, *row.values)) for row in batch))

    def move(self, session: BulkSession) -> int:
        """Insert its rows into the table in the file's order; how many there were."""
        table, key = quoted_name(self.table.name), self._numbered_key
        if key is not None:
            names = {"stage": self.quoted, "table": table, "key": quoted_name(key), "key_text": key}
            session.run(written("continue_numbers", **names))
        values = ", ".join(
            f"coalesce({quoted_name(name)}, nextval(pg_get_serial_sequence('{table}', '{name}')))"
            if name == key
            else quoted_name(name)
            for name in self.columns
        )
        return session.run(written("move", stage=self.quoted, table=table, columns=self._columns, values=values))

    @property
    def quoted(self) -> str:
        """Its name in a statement."""
        return quoted_name(self.name)

    @property
    def _numbered_key(self) -> str | None:
        """The key's name where Postgres numbers records that come without one."""
        (key,) = self.table.primary_key.columns
        return str(key.name) if isinstance(key.server_default, Identity) else None

    @property
    def _columns(self) -> str:
        return ", ".join(map(quoted_name, self.columns))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, ROWS_A_COPY)):
        yield batch

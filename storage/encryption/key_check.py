"""Looks, before anything is read or written, whether the keys are those that the database is encrypted with."""

from collections.abc import AsyncIterator, Iterable

from sqlalchemy import MetaData, Table, select

from storage.encryption.cipher import FORM, Cipher, KeyLost
from storage.postgres.statement import Statement, compiled
from storage.record_type import RecordType
from storage.runner import Runner

SAMPLED_ROWS = 100
"""Looked at in each table, mostly those that were stored first: a start takes no longer where a table is large."""


class OtherKeys(Exception):  # noqa: N818 - it says what is there
    """What lies in the database does not open with these keys."""


async def require_keys(types: Iterable[RecordType], metadata: MetaData, *, cipher: Cipher, runner: Runner) -> None:
    """Open a value of each encrypted column; raises OtherKeys with all that do not open, and what the runner raises."""
    places = [(one.table, field.name) for one in types for field in one.fields if field.encrypted]
    closed = [told async for told in _closed(places, metadata, cipher=cipher, runner=runner)]
    if closed:
        raise OtherKeys("\n".join(closed))


async def _closed(
    places: Iterable[tuple[str, str]], metadata: MetaData, *, cipher: Cipher, runner: Runner
) -> AsyncIterator[str]:
    for table, name in places:
        statement, place = _first(metadata.tables[table], name), f"{table}.{name}"
        for (value,) in await runner.run(statement, statement.bind({}), operation="check_encrypted"):
            try:
                opens = (
                    not value.startswith(f"{FORM}:".encode()) or cipher.open(value.decode(), place=place) is not None
                )
            except KeyLost as lost:
                yield f"{lost}"
            else:
                if not opens:
                    yield f"what is in {place} was encrypted with another key of the same name, or has been changed"


def _first(table: Table, name: str) -> Statement:
    """One of the first values of a column."""
    sampled = select(table.c[name]).limit(SAMPLED_ROWS).subquery()
    return compiled(select(sampled.c[name]).where(sampled.c[name].is_not(None)).limit(1))

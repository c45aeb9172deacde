"""Encrypts anew what lies encrypted with an old key, or not at all, while the service goes on."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import MetaData, Table, Text, bindparam, cast, select, update

from storage.encryption.cipher import FORM, Cipher
from storage.postgres.statement import Statement, compiled
from storage.record_type import RecordType
from storage.runner import Runner

AT_ONCE = 500
"""Rows read in one statement; each is then written by itself, so that nobody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A column that is encrypted, and the statements that read and write it."""

    name: str
    find: Statement
    put: Statement


class Rotation:
    """Works through the encrypted columns of a service. A value that somebody changes meanwhile is left as it is then.

    Raises KeyLost for what is encrypted with a key that is not there, and what the runner raises.
    """

    def __init__(self, types: Iterable[RecordType], metadata: MetaData, *, cipher: Cipher) -> None:
        self._cipher = cipher
        self.places = [
            _place(metadata.tables[one.table], field.name, key=one.key.name)
            for one in types
            for field in one.fields
            if field.encrypted
        ]

    async def rotate(self, runner: Runner, place: Place) -> int:
        """Encrypt a column's values with the first key; how many there were that were not."""
        count, current = 0, f"{FORM}:{self._cipher.current}:%"
        while rows := await runner.run(place.find, place.find.bind({"current": current}), operation="find_encrypted"):
            for key, value in rows:
                text = self._cipher.open(value.decode(), place=place.name)
                plain = value.decode() if text is None else text
                anew = self._cipher.seal(plain, place=place.name)
                values = {"key": key.decode(), "old": value.decode(), "anew": anew}
                await runner.run(place.put, place.put.bind(values), operation="encrypt_anew")
                count += 1
        return count


def _place(table: Table, name: str, *, key: str) -> Place:
    column, key_text = table.c[name], cast(table.c[key], Text)
    old = column.is_not(None) & ~column.like(bindparam("current", type_=Text()))
    key_is = table.c[key] == bindparam("key", type_=table.c[key].type)
    was = column == bindparam("old", type_=Text())
    return Place(
        name=f"{table.name}.{name}",
        find=compiled(select(key_text, column).where(old).limit(AT_ONCE)),
        put=compiled(update(table).where(key_is, was).values({name: bindparam("anew", type_=Text())})),
    )

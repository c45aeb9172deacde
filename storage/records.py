"""The records of one type: read, list, create, replace, update, delete, each one statement."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import MetaData

from middleware.errors import Invalid, NotFound, PreconditionFailed
from storage.constraints import constraint_fields
from storage.explanations import explained
from storage.listing import WHOLE, Listing, Page, Rendered, Shape
from storage.model import Model
from storage.postgres.list_statements import ListStatements
from storage.postgres.record_statements import ETAG, KEY, RecordStatements
from storage.postgres.rendering import Renderer
from storage.postgres.statement import Statement
from storage.postgres.violation import ForbiddenByOthers, ForbiddenValue
from storage.record_type import RecordField, RecordType
from storage.storable import storage_faults
from storage.wire import parameter

NUMBERING_TRIES = 5
"""How often a create asks for the next number when somebody else has just taken the one it got."""


T = TypeVar("T")


class Runner(Protocol):
    """What runs statements: the pool, or a transaction."""

    async def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> list[tuple[Any, ...]]:
        """Run one; raises the problems the database's errors were translated to."""


class RecordTable:
    """One record type's statements, compiled once and shared by all who use the table."""

    def __init__(self, record_type: RecordType, types: Mapping[str, RecordType], metadata: MetaData) -> None:
        renderer = Renderer(record_type, types, metadata)
        self.type = record_type
        self.statements = RecordStatements(renderer)
        self.lists = ListStatements(renderer)
        self.rules = constraint_fields(metadata)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a table, through a runner. A key is its text; an expected tag is an `etag` given before.

    Raises NotFound, PreconditionFailed where the record has another tag, Invalid for what no column can hold, and
    what the runner raises.
    """

    table: RecordTable
    runner: Runner

    async def read(self, key: str, shape: Shape = WHOLE, *, locked: bool = False) -> Rendered:
        """One record as JSON. `locked` keeps others from changing it until the transaction ends."""
        statement = self.table.statements.read(shape, locked=locked)
        rows = await self.runner.run(statement, statement.bind({KEY: key}), operation="read")
        if not rows:
            raise NotFound(f"There is no {self.table.type.name} with this key.")
        return _rendered(rows[0])

    async def page(self, listing: Listing) -> Page:
        """One page of a list."""
        statement, values = self.table.lists.statement(listing)
        items, found, last, *total = (await self.runner.run(statement, values, operation="list"))[0]
        more = found > listing.limit
        return Page(
            items=items or b"",
            after=tuple(orjson.loads(last)) if more else None,
            total=total[0] if total else None,
        )

    async def create(self, record: Model) -> Rendered:
        """Store a new record; an integer key that was not given is the next number."""
        numbered = self._is_numbered(record)
        names = tuple(field.name for field in self._stored if not (numbered and field.key))
        values = {name: getattr(record, name) for name in names}
        for _ in range(NUMBERING_TRIES - 1 if numbered else 0):
            try:
                return await self._insert(values)
            except ForbiddenByOthers as conflict:
                if not self._is_about_the_key(conflict):
                    raise explained(conflict, self.table.rules) from conflict
        return await self._write(self._insert(values))

    async def create_at(self, key: Any, record: Model) -> Rendered | None:
        """Store a new record under `key`; None where there is one already."""
        values = {field.name: getattr(record, field.name) for field in self._stored if not field.key}
        try:
            return await self._insert({self.table.type.key.name: key, **values})
        except ForbiddenByOthers as conflict:
            if self._is_about_the_key(conflict):
                return None
            raise explained(conflict, self.table.rules) from conflict

    async def change(self, key: str, values: Mapping[str, object], *, etag: str | None = None) -> Rendered:
        """Set these fields (names → Python values) and raise the version."""
        parameters = self._parameters(values)
        statement = self.table.statements.update(tuple(parameters), matched=etag is not None)
        bound = statement.bind({**parameters, KEY: key, ETAG: etag or ""})
        rows = await self._write(self.runner.run(statement, bound, operation="update"))
        if rows:
            return _rendered(rows[0])
        raise await self._missing(key, etag)

    async def change_version(self, key: str, values: Mapping[str, object], version: int) -> Rendered:
        """Set these fields of the record if it still has this version."""
        current = await self.read(key)
        if int(current.etag.partition(".")[0]) != version:
            raise PreconditionFailed(headers={"ETag": f'"{current.etag}"'})
        return await self.change(key, values, etag=current.etag) if values else current

    async def replace(self, key: str, record: Model, *, etag: str | None = None) -> Rendered:
        """Set every field a caller may write."""
        values = {field.name: getattr(record, field.name) for field in self._stored if not field.key}
        return await self.change(key, values, etag=etag)

    async def delete(self, key: str, *, etag: str | None = None) -> None:
        """Remove the record."""
        statement = self.table.statements.delete(matched=etag is not None)
        bound = statement.bind({KEY: key, ETAG: etag or ""})
        if not await self._write(self.runner.run(statement, bound, operation="delete")):
            raise await self._missing(key, etag)

    async def _insert(self, values: Mapping[str, object]) -> Rendered:
        parameters = self._parameters(values)
        statement = self.table.statements.insert(tuple(parameters))
        rows = await self.runner.run(statement, statement.bind(parameters), operation="create")
        return _rendered(rows[0])

    async def _missing(self, key: str, etag: str | None) -> NotFound | PreconditionFailed:
        """Why a change found no row: there is none, or it bears another tag."""
        if etag is None:
            return NotFound(f"There is no {self.table.type.name} with this key.")
        try:
            current = await self.read(key)
        except NotFound as missing:
            return missing
        return PreconditionFailed(headers={"ETag": f'"{current.etag}"'})

    def _parameters(self, values: Mapping[str, object]) -> dict[str, Any]:
        faults = storage_faults(self.table.type, values)
        if faults:
            raise Invalid("A value cannot be stored.", faults=faults)
        return {name: parameter(self.table.type.by_name[name], value) for name, value in values.items()}

    @property
    def _stored(self) -> tuple[RecordField, ...]:
        """What an insert gives: everything but the version and the times."""
        return tuple(field for field in self.table.type.fields if field.key or not field.system)

    def _is_numbered(self, record: Model) -> bool:
        key = self.table.type.key
        return key.kind == "integer" and key.name not in record.model_fields_set

    def _is_about_the_key(self, conflict: ForbiddenByOthers) -> bool:
        rule = self.table.rules.get(conflict.constraint)
        return rule is not None and rule.rule == "key" and rule.table == self.table.type.table

    async def _write(self, writing: Awaitable[T]) -> T:
        try:
            return await writing
        except (ForbiddenByOthers, ForbiddenValue) as violation:
            raise explained(violation, self.table.rules) from violation


def _rendered(row: tuple[Any, ...]) -> Rendered:
    return Rendered(body=row[0], etag=row[1].decode(), key=row[2].decode())

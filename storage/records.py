"""The records of one type: read, list, create, replace, update, delete, each one statement."""

from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar

import orjson
from sqlalchemy import MetaData

from middleware.errors import Bug, Conflict, Invalid, KeyInFlight, NotFound, PreconditionFailed
from middleware.inbound.idempotency import RequestKey
from storage.column_values import ColumnValues
from storage.encryption.cipher import Cipher
from storage.encryption.field_seals import field_seals
from storage.explanations import explained
from storage.kept_answers import kept_answer
from storage.listing import WHOLE, Listing, Page, Rendered, Shape
from storage.model import Model
from storage.origin import UNKNOWN, Origin
from storage.postgres.keyed import NAME_CONSTRAINT, key_parameters
from storage.postgres.list_statements import ListStatements
from storage.postgres.record_statements import ETAG, KEY, KEYED, PLAIN, RecordStatements, WriteForm
from storage.postgres.rendering import Renderer
from storage.postgres.statement import Parameter, Statement
from storage.postgres.trail import origin_parameters
from storage.postgres.violation import ForbiddenByOthers, ForbiddenValue
from storage.record_type import RecordType
from storage.runner import Runner
from storage.scope import EVERYTHING, Scope
from storage.storable import storage_faults
from storage.tables.constraints import constraint_fields
from storage.wire import parameter

NUMBERING_TRIES = 5
"""How often a create asks for the next number when it is taken; the second is free unless others race for it."""


MARKS_KEPT = 1_024
"""For how many shapes the mark of their tags is kept; there is one for each set of fields that callers may see."""

KEYED_TRIES = 3
"""How often a keyed write is begun where it did nothing and nothing is kept either: others gave it up in between."""

T = TypeVar("T")


class RecordTable:
    """One record type's statements, compiled once and shared by all who use the table."""

    def __init__(
        self,
        record_type: RecordType,
        *,
        types: Mapping[str, RecordType],
        metadata: MetaData,
        cipher: Cipher | None = None,
    ) -> None:
        renderer = Renderer(record_type, types=types, metadata=metadata)
        self.type = record_type
        self.statements = RecordStatements(renderer)
        self.lists = ListStatements(renderer)
        self.rules = constraint_fields(metadata)
        self._seals = field_seals(record_type, cipher, types=types)
        self._columns = ColumnValues(record_type)
        self.written = tuple(field.name for field in record_type.fields if not (field.key or field.system))
        """The fields that a write gives; the version and the times Postgres does."""

    def stored(self, values: Mapping[str, object]) -> Mapping[str, Parameter]:
        """What the columns are given for these fields' values; raises Invalid for what they cannot hold."""
        plain = self._columns.of(values) if self._seals is None else None
        if plain is not None:
            return plain
        faults = storage_faults(self.type, values)
        if faults:
            raise Invalid("A value cannot be stored.", faults=faults)
        sealed = values if self._seals is None else self._seals.sealed(values)
        return {name: parameter(self.type.by_name[name], value) for name, value in sealed.items()}

    def opened(self, body: bytes) -> bytes:
        """What Postgres rendered of this type, as its readers may see it: nothing of it encrypted."""
        return body if self._seals is None else self._seals.opened(body)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a table, through a runner. A key is its text; an expected tag is an `etag` given before.

    What is encrypted stays so in what these methods give: `table.opened` decrypts it for who may see it.

    With the `key` of a request, `create` and `change` keep their answer in the same statement, and answer a repeat with
    what was kept; they raise KeyInFlight and KeyReused too. What is done to an audited type is written down with its
    `origin`. `whole` is all that is shown of a record, and a tag tells
    records that show less apart from those that show more.

    Raises NotFound, PreconditionFailed where the record has another tag, Invalid for what no column can hold, and
    what the runner raises.
    """

    table: RecordTable
    runner: Runner
    key: RequestKey | None = None
    scope: Scope = EVERYTHING
    whole: Shape = WHOLE
    origin: Origin = UNKNOWN

    def named(self, key: RequestKey) -> "Records":
        """The same, for a request with a key; `dataclasses.replace` takes 3 µs for it, this 1."""
        return Records(self.table, self.runner, key=key, scope=self.scope, whole=self.whole, origin=self.origin)

    def through(self, runner: Runner) -> "Records":
        """The same by way of another runner, likewise."""
        return Records(self.table, runner, key=self.key, scope=self.scope, whole=self.whole, origin=self.origin)

    async def read(self, key: str, shape: Shape | None = None, *, locked: bool = False) -> Rendered:
        """One record as JSON, whole unless told. `locked` keeps others from changing it until the transaction ends."""
        statement, parameters = self.question(key, shape, locked=locked)
        return self.answered(await self.runner.run(statement, parameters, operation="read"))

    def question(
        self, key: str, shape: Shape | None = None, *, locked: bool = False
    ) -> tuple[Statement, Sequence[Parameter]]:
        """The statement that reads one record, and what it is run with."""
        shape = self.whole if shape is None else shape
        scope, statements = self.scope, self.table.statements
        if scope.bounds:
            bounds = scope.bounds_of(statements.tables_shown(shape.expand))
            statement = statements.read(shape, bounds=bounds, locked=locked)
            return statement, statement.bind({KEY: key, **scope.values_of(bounds)})
        return statements.read(shape, locked=locked), (key,)

    def answered(self, rows: list[tuple[Any, ...]]) -> Rendered:
        """What it has found."""
        if not rows:
            raise NotFound(f"There is no {self.table.type.name} with this key.")
        return self._rendered(rows[0])

    async def page(self, listing: Listing) -> Page:
        """One page of a list."""
        statement, values = self.page_question(listing)
        return self.page_answered(await self.runner.run(statement, values, operation="list"), listing)

    def page_question(self, listing: Listing) -> tuple[Statement, Sequence[Parameter]]:
        """The statement that reads one page, and what it is run with."""
        return self.table.lists.statement(listing, self.scope)

    def page_answered(self, rows: list[tuple[Any, ...]], listing: Listing) -> Page:
        """What it has found."""
        row = rows[0]
        return Page(
            items=row[0] or b"",
            after=tuple(orjson.loads(row[2])) if row[1] > listing.limit else None,
            total=row[3] if listing.count else None,
        )

    async def create(self, record: Model) -> Rendered:
        """Store a new record; an integer key that was not given is the next number that is free."""
        if self._is_numbered(record):
            return await self._create_numbered(record)
        key = self.table.type.key.name
        parameters = self.table.stored({key: getattr(record, key), **self._values(record)})
        try:
            return await self._inserted(parameters) or await self._insert_again(parameters)
        except (ForbiddenByOthers, ForbiddenValue) as violation:
            raise explained(violation, self.table.rules) from violation

    async def create_at(self, key: str, record: Model) -> Rendered:
        """Store a new record under `key`; raises PreconditionFailed where there is one already."""
        parameters = self.table.stored({self.table.type.key.name: key, **self._values(record)})
        try:
            return await self._inserted(parameters) or await self._insert_again(parameters)
        except ForbiddenByOthers as conflict:
            if not self._is_about_the_key(conflict):
                raise explained(conflict, self.table.rules) from conflict
        except ForbiddenValue as violation:
            raise explained(violation, self.table.rules) from violation
        try:
            headers = _tagged(await self.read(key))
        except NotFound:  # it is not one the caller may see
            headers = {}
        raise PreconditionFailed("There is a record with this key already.", headers=headers)

    async def change(self, key: str, values: Mapping[str, object], *, etag: str | None = None) -> Rendered:
        """Set these fields (names → Python values) and raise the version."""
        parameters = self.table.stored(values)
        form = self._form(parameters)
        statement = self.table.statements.update(tuple(parameters), form, matched=etag is not None)
        changing = {**parameters, KEY: key, ETAG: self._stored_tag(etag), **self.scope.values_of(form.bounds)}
        for _ in range(KEYED_TRIES if form.keyed else 1):
            changed = await self._write(self._run(statement, changing, operation="update"))
            if changed is not None:
                return changed
        raise await self._missing(key, etag)

    async def change_version(self, key: str, values: Mapping[str, object], *, version: int) -> Rendered:
        """Set these fields of the record if it still has this version."""
        current = await self.read(key)
        if int(current.etag.partition(".")[0]) != version:
            raise PreconditionFailed(headers=_tagged(current))
        return await self.change(key, values, etag=current.etag) if values else current

    async def replace(self, key: str, record: Model, *, etag: str | None = None) -> Rendered:
        """Set every field a caller may write."""
        return await self.change(key, self._values(record), etag=etag)

    async def delete(self, key: str, *, etag: str | None = None) -> None:
        """Remove the record."""
        bounds = self.scope.bounds_of((self.table.type.table,))
        statement = self.table.statements.delete(bounds=bounds, matched=etag is not None)
        which = {KEY: key, ETAG: self._stored_tag(etag), **self.scope.values_of(bounds)}
        noted = origin_parameters(self.origin) if self.table.type.is_audited else {}
        bound = statement.bind({**which, **noted})
        if not await self._write(self.runner.run(statement, bound, operation="delete")):
            raise await self._missing(key, etag)

    async def _create_numbered(self, record: Model) -> Rendered:
        """Where records came with keys of their own, the next number may be taken: then go on after the largest.

        A taken number is no error to Postgres, so all this works within a transaction too.
        """
        parameters = self.table.stored(self._values(record))
        for _ in range(NUMBERING_TRIES):
            made = await self._write(self._inserted(parameters, numbered=True))
            if made is not None:
                return made
            await self.runner.run(self.table.statements.renumber(), operation="renumber")
        raise Conflict("Others take every next number just now; try again.")

    async def _insert_again(self, parameters: Mapping[str, Parameter]) -> Rendered:
        """What did nothing at first, though nothing is kept either."""
        for _ in range(KEYED_TRIES - 1 if self.key is not None else 0):
            made = await self._inserted(parameters)
            if made is not None:
                return made
        raise Bug if self.key is None else KeyInFlight

    def _inserted(
        self, parameters: Mapping[str, Parameter], *, numbered: bool = False
    ) -> Coroutine[Any, Any, Rendered | None]:
        stamps = self.scope.stamps.get(self.table.type.table)
        stamped = {**parameters, **stamps} if stamps else parameters
        form = self._form(parameters)
        statement = self.table.statements.insert(tuple(stamped), form, numbered=numbered)
        bounding = self.scope.values_of(form.bounds) if form.bounds else {}
        return self._run(statement, {**stamped, **bounding}, operation="create")

    def _form(self, parameters: Mapping[str, Parameter]) -> WriteForm:
        is_keyed, bounds = self.key is not None, self.scope.bounds
        if not bounds and self.whole is WHOLE:  # as it is for most, who need no form of their own
            return KEYED if is_keyed else PLAIN
        bounded = self.scope.bounds_of(self.table.statements.tables_referred_to(tuple(parameters)))
        return WriteForm(bounds=bounded, keyed=is_keyed, shown=self.whole)

    async def _run(
        self, statement: Statement, parameters: Mapping[str, Parameter], *, operation: str
    ) -> Rendered | None:
        """The record that a write shows, or showed when it was made before with the same key; None for no row."""
        if self.table.type.is_audited:
            parameters = {**parameters, **origin_parameters(self.origin)}
        if self.key is None:
            rows = await self.runner.run(statement, statement.bind(parameters), operation=operation)
            return self._rendered(rows[0]) if rows else None
        bound = statement.bind({**parameters, **key_parameters(self.key)})
        try:
            rows = await self.runner.run(statement, bound, operation=operation)
        except ForbiddenByOthers as conflict:  # what stands in the way may be what this very request did just before
            made = await self._made_before(self.key)
            if made is None and conflict.constraint != NAME_CONSTRAINT:
                raise
            return made
        return self._rendered(rows[0]) if rows else await self._made_before(self.key)

    async def _made_before(self, request: RequestKey) -> Rendered | None:
        kept = await kept_answer(self.runner, request, table=self.table.type.table)
        if kept is None:
            return None
        return Rendered(body=kept.body, etag=kept.etag + self._mark, key=kept.record_key, is_replayed=True)

    async def _missing(self, key: str, etag: str | None) -> NotFound | PreconditionFailed:
        """Why a change found no row: there is none, or it bears another tag."""
        if etag is None:
            return NotFound(f"There is no {self.table.type.name} with this key.")
        try:
            current = await self.read(key)
        except NotFound as missing:
            return missing
        return PreconditionFailed(headers=_tagged(current))

    def _values(self, record: Model) -> dict[str, object]:
        return {name: getattr(record, name) for name in self.table.written}

    def _is_numbered(self, record: Model) -> bool:
        key = self.table.type.key
        return key.kind == "integer" and key.name not in record.model_fields_set

    def _is_about_the_key(self, conflict: ForbiddenByOthers) -> bool:
        rule = self.table.rules.get(conflict.constraint)
        return rule is not None and rule.rule == "key" and rule.table == self.table.type.table

    def _rendered(self, row: tuple[Any, ...]) -> Rendered:
        etag = row[1].decode()
        return Rendered(body=row[0], etag=etag if self.whole is WHOLE else etag + self._mark, key=row[2].decode())

    @property
    def _mark(self) -> str:
        """What a tag ends in where a record shows less than others see: a strong tag is one of the very bytes."""
        return "" if self.whole is WHOLE else mark_of(self.whole)

    def _stored_tag(self, etag: str | None) -> str:
        return "" if etag is None else etag.removesuffix(self._mark)

    async def _write(self, writing: Awaitable[T]) -> T:
        try:
            return await writing
        except (ForbiddenByOthers, ForbiddenValue) as violation:
            raise explained(violation, self.table.rules) from violation


def _tagged(current: Rendered) -> dict[str, str]:
    return {"ETag": f'"{current.etag}"'}


@lru_cache(maxsize=MARKS_KEPT)
def mark_of(shape: Shape) -> str:
    """The end of the tags of records in this shape."""
    return "." + blake2b(repr(shape).encode(), digest_size=3).hexdigest()

"""The store as a handler sees it: typed records in, typed records out, alone or within one transaction."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError

from middleware.errors import NotFound
from server.requests.cursor import Cursors
from server.requests.filter_values import ValueRefused, key_text
from server.requests.json_body import broken_rules, faults_of
from server.requests.list_query import LIMIT_MAXIMUM, QueryReader
from storage.model import Model
from storage.origin import UNKNOWN, Origin
from storage.private_fields import remember_record
from storage.records import Records, RecordTable
from storage.runner import Runner, TransactionRunner
from storage.scope import EVERYTHING, Scope
from storage.wire import parameter, rendered

M = TypeVar("M", bound=Model)


class Store:
    """Reads and writes records of the service's models. A key is the value of the record's key field.

    Raises what the API answers: NotFound, Conflict, Invalid, PreconditionFailed, Unavailable, …; a handler may
    let them pass.
    """

    def __init__(
        self,
        tables: Mapping[type[Model], RecordTable],
        runner: Runner,
        *,
        scope: Scope = EVERYTHING,
        origin: Origin = UNKNOWN,
    ) -> None:
        self._tables = tables
        self._runner = runner
        self._scope = scope
        self._origin = origin

    async def read(self, model: type[M], key: object, *, locked: bool = False) -> M:
        """The record with this key. `locked` keeps others from changing it until the transaction ends."""
        table = self._tables[model]
        try:
            text = key_text(table.type.key, _text(key))
        except ValueRefused as refused:
            raise NotFound(f"There is no {table.type.name} with this key: it is {refused}.") from refused
        found = await self._records(model).read(text, locked=locked)
        return _read(model, table.opened(found.body))

    async def list(
        self, model: type[M], where: Mapping[str, object] | None = None, *, sort: str = "", limit: int = LIMIT_MAXIMUM
    ) -> list[M]:
        """The first `limit` records that meet every condition, in the API's own words.

        `where={"status": "paid", "price[gte]": 10, "sku[in]": ["A", "B"], "sold_at": None}`, `sort="-price,name"`;
        here any field will do. Raises Malformed where a condition does not fit its field.
        """
        table = self._tables[model]
        names = [field.name for field in table.type.fields]
        reader = QueryReader(table.type, filterable=names, sortable=names, cursors=Cursors(b"", table.type.table))
        conditions = where or {}
        if any(name.endswith("[in]") and not value for name, value in conditions.items()):
            return []  # nothing is one of no values
        asked = dict(
            _condition(name, value) for name, value in conditions.items() if value or not name.endswith("[nin]")
        )
        listing = reader.listing(urlencode(asked | ({"sort": sort} if sort else {})), count=False)
        page = await self._records(model).page(replace(listing, limit=limit))
        records = [model.model_validate(item) for item in orjson.loads(b"[%b]" % table.opened(page.items))]
        for record in records:
            remember_record(record)
        return records

    async def create(self, record: M) -> M:
        """Store a new record; the answer bears its key, version and times."""
        made = await self._records(type(record)).create(record)
        return _read(type(record), self._tables[type(record)].opened(made.body))

    async def update(self, record: M, **changes: Any) -> M:
        """Set these fields of a record read before; PreconditionFailed if somebody has changed it since.

        Invalid where the model forbids the values: what a caller asked for is no bug.
        """
        table = self._tables[type(record)]
        read_only = [name for name in changes if table.type.by_name[name].system or name == table.type.key.name]
        if read_only:
            raise TypeError(f"{', '.join(read_only)} cannot be set")
        whole = record.model_dump(by_alias=True) | changes
        try:
            values = type(record).model_validate(whole)
        except ValidationError as error:
            raise broken_rules(faults_of(error, whole)) from error
        kept = {name: getattr(values, name) for name in changes}
        records = self._records(type(record))
        changed = await records.change_version(_key_of(record, table), kept, version=record.version)
        return _read(type(record), table.opened(changed.body))

    async def delete(self, record: Model) -> None:
        """Remove a record."""
        table = self._tables[type(record)]
        await self._records(type(record)).delete(_key_of(record, table))

    def _records(self, model: type[Model]) -> Records:
        return Records(self._tables[model], self._runner, scope=self._scope, origin=self._origin)


class TransactionStore(Store):
    """A store whose statements can also run within one transaction."""

    def __init__(
        self,
        tables: Mapping[type[Model], RecordTable],
        runner: TransactionRunner,
        *,
        scope: Scope = EVERYTHING,
        origin: Origin = UNKNOWN,
    ) -> None:
        super().__init__(tables, runner, scope=scope, origin=origin)
        self._transactions = runner

    def through(self, runner: TransactionRunner) -> "TransactionStore":
        """The same records, by way of another runner."""
        return TransactionStore(self._tables, runner, scope=self._scope, origin=self._origin)

    def on_behalf_of(self, origin: Origin) -> "TransactionStore":
        """The same records; what is done to them is written down with this origin."""
        return TransactionStore(self._tables, self._transactions, scope=self._scope, origin=origin)

    def within(self, scope: Scope) -> "TransactionStore":
        """Those of the records that are in scope."""
        return TransactionStore(self._tables, self._transactions, scope=scope, origin=self._origin)

    def of_everybody(self) -> "TransactionStore":
        """All records, whoever calls: for what a service does on its own account."""
        return self.within(EVERYTHING)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Store]:
        """A store whose writes happen all together at the end of the block, or not at all if it raises."""
        async with self._transactions.transaction() as runner:
            yield Store(self._tables, runner, scope=self._scope, origin=self._origin)


def _read(model: type[M], body: bytes) -> M:
    record = model.model_validate_json(body)
    remember_record(record)
    return record


def _key_of(record: Model, table: RecordTable) -> str:
    return str(parameter(table.type.key, getattr(record, table.type.key.name)))


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return _text(value.value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _condition(name: str, value: object) -> tuple[str, str]:
    """A condition as a query has it."""
    if value is None:
        return f"{name}[is]", "null"
    if name.endswith(("[in]", "[nin]")) and isinstance(value, Iterable) and not isinstance(value, str):
        return name, ",".join(_quoted(_text(item)) for item in value)
    if isinstance(value, bool | dict | list | tuple | set | frozenset):
        return name, rendered(value).decode()
    return name, _text(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

"""Which statements the usual requests to a resource take: found by making them, with nobody there to run a statement.

What a request asks for is decided where it always is (records.py, list_query.py, the access words), so that what is
made ready before the first caller comes is what that caller's request will take.
"""

from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from middleware.errors import Problem
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.idempotency import RequestKey
from middleware.inbound.principal import Principal
from server.identity.callers_access import CallersAccess
from server.requests.list_query import QueryReader
from server.requests.record_requests import RecordRequests
from server.service import Action
from storage.model import Model
from storage.postgres.statement import Statement
from storage.records import Records

FIELDS_AT_MOST = 2
"""Of the fields that a PATCH may set, so many are taken to be set by themselves: any set of them has a statement."""

_SOME_KEY = RequestKey(name=str(UUID(int=0)), lock=0, fingerprint=str(UUID(int=0)))
_SOME_TAG = "0"

Asking = Callable[[Records, QueryReader], Coroutine[Any, Any, object]]


class Reached(Exception):  # noqa: N818 - it says what happened
    """A request has come to its statement."""

    def __init__(self, statement: Statement) -> None:
        super().__init__(statement.name)
        self.statement = statement


class Stage:
    """Runs nothing: whoever asks it to goes no further."""

    async def run(self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str) -> list[Any]:  # noqa: ARG002 - a Runner's
        """Raise Reached."""
        raise Reached(statement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The usual requests for one action of a resource, by each caller of `callers` that it admits."""

    action: Action
    records: Records
    endpoint: Endpoint
    requests: RecordRequests
    access: CallersAccess
    callers: Sequence[Principal | None]

    def statements(self) -> Iterator[Statement]:
        """The statements, each made when it is come to; what cannot be made is told to whoever asks for it."""
        for caller in self.callers:
            if self.endpoint.decide(caller) not in ("admitted", "admitted_own_rows"):
                continue
            fields = self.access.fields[self.action](caller)
            scope = self.access.scopes[self.action](caller)
            records = replace(self.records, runner=Stage(), scope=scope, whole=fields.whole)
            reader = self.requests.reader_for(fields.hidden)
            for asking in self._askings():
                try:
                    asking(records, reader).send(None)
                except Reached as reached:
                    yield reached.statement
                except Problem:
                    continue

    def _askings(self) -> Iterator[Asking]:
        if self.action not in ("create", "update"):
            yield from _WITHOUT_KEY[self.action]
            return
        askings = [_create] if self.action == "create" else [*_updates(self.records.table.written)]
        idempotency = self.endpoint.idempotency
        if idempotency != "required":
            yield from askings
        if idempotency != "none":
            yield from map(_keyed, askings)


def callers_told_apart(roles: Collection[str]) -> Sequence[Principal | None]:
    """Nobody, somebody, and somebody who holds every role: whom declarations, as a rule, show different rows."""
    somebody = Principal(
        subject="rehearsal",
        roles=frozenset(),
        credential_id="",
        credential_kind="api_key",
        tenant=str(UUID(int=0)),
    )
    return (None, somebody, replace(somebody, roles=frozenset(roles)))


class _Blank:
    """A record, as far as creating one looks at it: none of its values matters, and its key is not given."""

    model_fields_set: frozenset[str] = frozenset()

    def __getattr__(self, _name: str) -> None:
        return None


async def _read(records: Records, reader: QueryReader) -> object:
    return await records.read("", reader.shape(""))


async def _list(records: Records, reader: QueryReader) -> object:
    return await records.page(reader.listing("", count=False))


async def _create(records: Records, _reader: QueryReader) -> object:
    return await records.create(cast("Model", _Blank()))


def _updates(names: Sequence[str]) -> Iterator[Asking]:
    return (_setting((name,)) for name in names[:FIELDS_AT_MOST])


def _setting(names: Sequence[str], etag: str | None = None) -> Asking:
    async def update(records: Records, _reader: QueryReader) -> object:
        return await records.change("", dict.fromkeys(names), etag=etag)

    return update


def _replacing(etag: str | None) -> Asking:
    async def replace_all(records: Records, _reader: QueryReader) -> object:
        return await records.change("", dict.fromkeys(records.table.written), etag=etag)

    return replace_all


def _deleting(etag: str | None) -> Asking:
    async def delete(records: Records, _reader: QueryReader) -> None:
        await records.delete("", etag=etag)

    return delete


def _keyed(asking: Asking) -> Asking:
    def ask(records: Records, reader: QueryReader) -> Coroutine[Any, Any, object]:
        return asking(records.named(_SOME_KEY), reader)

    return ask


_WITHOUT_KEY: Mapping[Action, Sequence[Asking]] = {
    "read": (_read,),
    "list": (_list,),
    "delete": (_deleting(None), _deleting(_SOME_TAG)),
    "replace": (_replacing(None), _replacing(_SOME_TAG)),
}

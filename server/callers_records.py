"""A resource's records as whoever calls may see and change them."""

from dataclasses import replace

from aiohttp import web

from server.identity.callers_access import CallersAccess
from server.service import WRITES, Action
from server.write_origins import OriginOf
from storage.listing import WHOLE
from storage.record_type import Kind
from storage.records import Records
from storage.scope import EVERYTHING


class CallersRecords:
    """The records of one resource, confined for each request to what its action's access word admits the caller to."""

    def __init__(self, records: Records, access: CallersAccess, *, origin_of: OriginOf) -> None:
        self._records = records
        self._access = access
        self._origin_of = origin_of
        self._audited = frozenset(WRITES if records.table.type.is_audited else ())
        self._plain = access.of_whole_records - self._audited

    @property
    def differ(self) -> bool:
        """Whether two callers who read may be shown different things."""
        return self._access.differs

    @property
    def key_kind(self) -> Kind:
        """What their keys are."""
        return self._records.table.type.key.kind

    def opened(self, body: bytes) -> bytes:
        """What was rendered of them with nothing of it encrypted."""
        return self._records.table.opened(body)

    def of(self, request: web.Request, action: Action) -> Records:
        """Those that this request may touch."""
        scope = self._access.to_rows(request, action)
        if scope is EVERYTHING and action in self._plain:
            return self._records
        whole = self._access.to_fields(request, action).whole
        if action in self._audited:
            return replace(self._records, scope=scope, whole=whole, origin=self._origin_of(request))
        if scope is EVERYTHING and whole is WHOLE:
            return self._records
        return replace(self._records, scope=scope, whole=whole)

"""A resource's records as whoever calls may see and change them."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from middleware.inbound.principal import PRINCIPAL
from server.identity.row_scopes import ScopeOf
from server.service import Action
from storage.records import Records
from storage.scope import EVERYTHING


class CallersRecords:
    """The records of one resource, confined for each request to what its action's access word admits the caller to."""

    def __init__(self, records: Records, scopes: Mapping[Action, ScopeOf]) -> None:
        self._records = records
        self._scopes = scopes

    def of(self, request: web.Request, action: Action) -> Records:
        """Those that this request may touch."""
        scope = self._scopes[action](request.get(PRINCIPAL))
        return self._records if scope is EVERYTHING else replace(self._records, scope=scope)

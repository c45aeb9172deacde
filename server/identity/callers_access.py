"""What a resource's actions leave whoever calls: which rows, and what of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from middleware.inbound.principal import PRINCIPAL
from server.identity.field_access import FieldAccess, FieldAccessOf, every_field
from server.identity.row_scopes import ScopeOf
from server.service import Action
from storage.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersAccess:
    """For each action, what makes of a caller the rows and the fields it may touch."""

    scopes: Mapping[Action, ScopeOf]
    fields: Mapping[Action, FieldAccessOf]
    differs: bool
    """Whether two callers who read may be shown different things."""
    of_whole_records: frozenset[Action] = field(init=False)
    """The actions that keep no field from anybody, so that for these nobody need be looked at."""

    def __post_init__(self) -> None:
        whole = (action for action, access_of in self.fields.items() if access_of is every_field)
        object.__setattr__(self, "of_whole_records", frozenset(whole))

    def to_rows(self, request: web.Request, action: Action) -> Scope:
        """The rows this request may touch."""
        return self.scopes[action](request.get(PRINCIPAL))

    def to_fields(self, request: web.Request, action: Action) -> FieldAccess:
        """What this request may see and set of a record."""
        return self.fields[action](request.get(PRINCIPAL))

"""From an access word and a caller to the rows of every table the caller may see and change."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from middleware.inbound.principal import Principal
from server.declaration import Declaration
from server.identity.access import Access, AnyOf, Within, is_open
from server.identity.decisions import Rows, rows_for
from server.service import Service
from storage.model import Model
from storage.record_type import RecordType, Scalar
from storage.scope import EVERYTHING, OWNER_COLUMN, Scope

ScopeOf = Callable[[Principal | None], Scope]
"""The rows of every table a caller may touch, None being a caller without credentials."""

NOBODY = AnyOf(())
CALLERS_KEPT = 10_000
"""For how many callers of one endpoint the scope is kept; about 1 KB each."""


class RowScopes:
    """Makes the scope of each endpoint."""

    def __init__(self, declaration: Declaration, *, own: Mapping[type[Model], ScopeOf]) -> None:
        """`own` are the scopes of record types that are ours, which access words say nothing of."""
        self._words = reading_words(declaration.service)
        self._types = declaration.types
        self._own = own

    def of_action(self, record_type: RecordType, word: Access) -> ScopeOf:
        """The scope of a resource's action that this word admits to.

        Rows of other tables are expanded, and may be referred to, where the caller could read them by themselves: by a
        resource of theirs that its credential may be used for, or as anybody could.
        """
        own = self._own.get(record_type.model)
        return self._scope_of(self._words_of_action(record_type, word)) if own is None else own

    def are_alike(self, record_type: RecordType, word: Access) -> bool:
        """Whether the scope of an action that reads is the same whoever calls."""
        words = self._words_of_action(record_type, word).items()
        return all((is_open(one) or one == NOBODY) and self._types[model].tenant is None for model, one in words)

    def of_route(self, word: Access | None) -> ScopeOf:
        """The scope of a route's store: where its word admits to own rows only, those alone of every table."""
        return self._scope_of(dict.fromkeys(self._types, NOBODY if word is None else word))

    def _words_of_action(self, record_type: RecordType, word: Access) -> Mapping[type[Model], Access]:
        names = {field.reference.target_name for field in record_type.references if field.reference is not None}
        words = {model: self._words[model] for model, other in self._types.items() if other.name in names}
        return {**words, record_type.model: word}

    def _scope_of(self, words: Mapping[type[Model], Access]) -> ScopeOf:
        asked = [(self._types[model], word) for model, word in words.items()]
        if all(is_open(word) and not one.is_owned and one.tenant is None for one, word in asked):
            return _everything
        return lru_cache(maxsize=CALLERS_KEPT)(lambda principal: _scope(asked, principal))


def _scope(words: Sequence[tuple[RecordType, Access]], principal: Principal | None) -> Scope:
    stamps = {one.table: _stamp(one, principal) for one, _ in words}
    bounds = {one.table: _bound(one, rows_for(word, principal), stamp=stamps[one.table]) for one, word in words}
    scope = Scope(
        bounds={table: bound for table, bound in bounds.items() if bound},
        stamps={table: stamp for table, stamp in stamps.items() if stamp},
    )
    return scope if scope.bounds or scope.stamps else EVERYTHING


def _bound(record_type: RecordType, rows: Rows, *, stamp: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """What a row's columns must be; nothing equals None, so where no row is admitted no key is right."""
    if rows is Rows.NONE:
        return {record_type.key.name: None}
    return stamp if rows is Rows.OWN else {column: stamp[column] for column in stamp if column != OWNER_COLUMN}


def tenant_of(record_type: RecordType, principal: Principal | None) -> str | None:
    """The caller's tenant as the record's column has it; None where the caller has none that it could hold."""
    tenant = None if principal is None else principal.tenant
    if not tenant or record_type.tenant is None:
        return None
    if record_type.tenant.kind != "uuid":
        return tenant
    try:
        return str(UUID(tenant))
    except ValueError:
        return None


def has_tenant(record_type: RecordType, principal: Principal) -> bool:
    """Whether there can be records of this type that are the caller's tenant's."""
    return record_type.tenant is None or tenant_of(record_type, principal) is not None


def _everything(_principal: Principal | None) -> Scope:
    return EVERYTHING


def _stamp(record_type: RecordType, principal: Principal | None) -> dict[str, Scalar]:
    """What a row that this caller makes bears in the columns no caller writes."""
    stamp: dict[str, Scalar] = {}
    if record_type.tenant is not None:
        stamp[record_type.tenant.name] = tenant_of(record_type, principal)
    if record_type.is_owned:
        stamp[OWNER_COLUMN] = None if principal is None else principal.name
    return stamp


def reading_words(service: Service) -> Mapping[type[Model], AnyOf]:
    """Who may read each model's records: a word within each of its resources that offers it, none where none does."""
    words: dict[type[Model], tuple[Within, ...]] = {}
    for resource in service.resources:
        word = resource.access_to("read")
        words[resource.model] = words.get(resource.model, ()) + (() if word is None else (Within(resource.area, word),))
    return {model: AnyOf(several) for model, several in words.items()}

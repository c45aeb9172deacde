"""From an access word to a decision about a caller: evaluated as far as that goes without looking at any row.

Of all words only OWNER depends on the row, and it occurs under `|` and `&` alone, never negated. So a word is worth, to
a caller, every row, its own rows or none; `|` is then the larger of two, `&` the smaller.
"""

from collections.abc import Callable
from enum import IntEnum

from middleware.inbound.admission import Decide
from middleware.inbound.principal import Principal, Scopes
from server.identity.access import Access, AllOf, AnyOf, Anyone, Owner, Role, SignedIn, Within
from telemetry.events import AccessDecision


class Rows(IntEnum):
    """What a word admits a caller to."""

    NONE = 0
    OWN = 1
    EVERY = 2


def rows_for(word: Access, principal: Principal | None) -> Rows:
    """What the word admits this caller to, None for one who has not said who it is."""
    match word:
        case AnyOf(words):
            return max((rows_for(one, principal) for one in words), default=Rows.NONE)
        case AllOf(words):
            return min((rows_for(one, principal) for one in words), default=Rows.NONE)
        case Anyone():
            return Rows.EVERY
        case Within(area, inner):
            return rows_for(inner, principal if _reaches(principal, area) else None)
        case _:
            return Rows.NONE if principal is None else _rows_for_somebody(word, principal)


def _rows_for_somebody(word: Access, principal: Principal) -> Rows:
    match word:
        case SignedIn():
            return Rows.EVERY
        case Owner():
            return Rows.OWN
        case Role(name) if name in principal.roles:
            return Rows.EVERY
        case _:
            return Rows.NONE


_ADMITTED: dict[Rows, AccessDecision] = {
    Rows.EVERY: "admitted",
    Rows.OWN: "admitted_own_rows",
    Rows.NONE: "refused_role",
}


def anybody(_principal: Principal) -> bool:
    """Whether an endpoint about no tenant's records is about this caller's."""
    return True


def decide_by(
    word: Access | None, *, area: str, writes: bool, belongs: Callable[[Principal], bool] = anybody
) -> Decide:
    """The access rule of an endpoint: `area` is what its requests are about, `writes` whether they change something.

    Without a word nobody is admitted. A credential's scope is looked at first: it is a fence, so what is open to anyone
    is open to whoever leaves the credential out. Whoever `belongs` not to any tenant has no records where these are
    tenants'.
    """

    def decide(principal: Principal | None) -> AccessDecision:
        if principal is None:
            rows = Rows.NONE if word is None else rows_for(word, None)
            return "admitted" if rows is Rows.EVERY else "refused_unknown"
        if principal.scopes is not None and not _is_within(principal.scopes, area=area, writes=writes):
            return "refused_scope"
        decision = "refused_role" if word is None else _ADMITTED[rows_for(word, principal)]
        return decision if decision == "refused_role" or belongs(principal) else "refused_tenant"

    return decide


def _is_within(scopes: Scopes, *, area: str, writes: bool) -> bool:
    return (scopes.may_write or not writes) and (scopes.resources is None or area in scopes.resources)


def _reaches(principal: Principal | None, area: str) -> bool:
    """Whether what the caller brings may be used to read there."""
    return principal is None or principal.scopes is None or _is_within(principal.scopes, area=area, writes=False)

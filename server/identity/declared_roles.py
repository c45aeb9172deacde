"""The roles that a declaration gives a meaning."""

from collections.abc import Iterable, Iterator

from server.declaration import Declaration
from server.identity.access import Access, AllOf, AnyOf, Role, Within
from server.identity.api_keys import ADMIN
from server.identity.field_access import markers_of
from server.identity.field_markers import ReadableBy, WritableBy
from server.nearest import nearest, there_are


def declared_roles(declaration: Declaration) -> frozenset[str]:
    """Those that admit to something, change a limit, are given to whoever signs up, or listed; admin always admits."""
    service = declaration.service
    accounts = () if service.accounts is None else service.accounts.roles
    words = [named for word in _words(declaration) for named in roles_in(word)]
    return frozenset((ADMIN, *words, *service.limit_factors, *accounts, *service.roles))


def roles_unknown(roles: Iterable[str], declaration: Declaration) -> Iterator[str]:
    """A sentence for each role that the declaration gives no meaning."""
    known = sorted(declared_roles(declaration))
    for role in roles:
        if role not in known:
            near = nearest(role, known)
            meant = f"did you mean {near}? There are {', '.join(known)}" if near else there_are(known)
            yield f"{declaration.service.name} knows no role {role!r}: {meant}."


def roles_in(word: Access | None) -> Iterator[str]:
    """The roles that an access word names."""
    match word:
        case Role(name):
            yield name
        case AnyOf(words) | AllOf(words):
            for one in words:
                yield from roles_in(one)
        case Within(_, inner):
            yield from roles_in(inner)


def _words(declaration: Declaration) -> Iterator[Access | None]:
    for resource in declaration.service.resources:
        yield from resource.words.values()
    yield from (route.access for route in declaration.service.routes)
    for record_type in declaration.types.values():
        for name in record_type.by_name:
            for marker in markers_of(record_type, name):
                if isinstance(marker, ReadableBy | WritableBy):
                    yield marker.access

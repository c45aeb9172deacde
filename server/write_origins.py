"""Where the writes of a request come from: its caller, its address, its id."""

from collections.abc import Callable

from aiohttp import web

from middleware.inbound.identify import CONTEXT
from middleware.inbound.principal import PRINCIPAL
from storage.origin import Origin

OriginOf = Callable[[web.Request], Origin]


def origins_by(address_of: Callable[[web.Request], str]) -> OriginOf:
    """Finds a request's origin; `address_of` says whose address it comes from."""

    def origin_of(request: web.Request) -> Origin:
        principal = request.get(PRINCIPAL)
        resource = request.match_info.route.resource
        return Origin(
            subject=None if principal is None else principal.subject,
            tenant=None if principal is None else principal.tenant,
            credential_id=None if principal is None else principal.credential_id or None,
            address=address_of(request),
            request_id=request[CONTEXT].request_id,
            operation=request.method if resource is None else f"{request.method} {resource.canonical}",
        )

    return origin_of

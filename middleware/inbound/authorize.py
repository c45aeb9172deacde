"""The layer that lets a caller through only where its access word admits it."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from middleware.errors import Unauthenticated
from middleware.inbound.endpoint import Endpoints, endpoint_of


def authorize(endpoints: Endpoints) -> Middleware:
    """Admit everybody to what is open to anyone and nobody to the rest: no caller has a name yet."""

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = endpoint_of(request, endpoints)
        if endpoint is not None and not endpoint.open_to_anyone:
            raise Unauthenticated
        return await handler(request)

    return layer

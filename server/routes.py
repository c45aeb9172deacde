"""From a team's route to its address: its handler, with what it returns rendered."""

from typing import get_origin

from aiohttp import web

from middleware.inbound.endpoint import Endpoint
from server.address import Address, Handle
from server.declaration import Declaration
from server.identity.access import ANYONE
from server.route_requests import RouteRequests, keys_in
from server.service import Route
from storage.wire import rendered


def route_address(route: Route, declaration: Declaration, *, maximum_body_bytes: int) -> Address:
    """The route's one address."""
    keys = keys_in(route.path, declaration)
    requests = RouteRequests(route, keys, maximum_body_bytes=maximum_body_bytes)
    return Address(
        method=route.method,
        handle=_rendering(route),
        endpoint=Endpoint(
            template=route.path,
            operation=f"{route.method} {route.path}",
            open_to_anyone=route.access is ANYONE,
            read_input=requests.read,
        ),
    )


def _rendering(route: Route) -> Handle:
    """The route's handler as aiohttp wants it; a result that is not what the route says it returns is a bug."""
    expected = route.returns if isinstance(route.returns, type) and get_origin(route.returns) is None else object

    async def handle(request: web.Request) -> web.StreamResponse:
        result = await route.handler(request)
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=route.status or 204)
        if not isinstance(result, expected):
            raise TypeError(f"{route.handler.__name__} returned {type(result).__name__}, not {expected.__name__}")
        return web.Response(body=rendered(result), status=route.status or 200, content_type="application/json")

    return handle

"""The circuit breakers on the admin port: look at them, hold one open or closed, let it judge again."""

from typing import Literal

import orjson
from aiohttp import hdrs, web

from middleware.errors import NotFound
from middleware.outbound.breakers import Breakers
from server.admin_bodies import AdminBody, read_body


class Wanted(AdminBody):
    """What a person asks of a breaker."""

    state: Literal["forced_open", "forced_closed", "auto"]


def breaker_routes(breakers: Breakers) -> list[web.RouteDef]:
    """`GET /breakers` and `PUT /breakers/{name}` with `{"state": "forced_open" | "forced_closed" | "auto"}`.

    Both answer with the states of all, by name. A force holds until it is lifted or the process ends; there is one
    process an admin port.
    """

    async def show(_request: web.Request) -> web.Response:
        return _answer(breakers)

    async def force(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in breakers.states:
            raise NotFound(f"There is no circuit breaker {name!r}; there are {', '.join(sorted(breakers.states))}.")
        breakers.force(name, read_body(Wanted, await request.read()).state)
        return _answer(breakers)

    return [web.get("/breakers", show), web.put("/breakers/{name}", force)]


def _answer(breakers: Breakers) -> web.Response:
    return web.Response(
        body=orjson.dumps({"breakers": dict(breakers.states)}),
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )

"""The circuit breakers on the admin port: look at them, hold one open or closed, let it judge again."""

from typing import Literal

import orjson
from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, ValidationError

from middleware.errors import Fault, Invalid, Malformed, NotFound
from middleware.outbound.breakers import Breakers


class Wanted(BaseModel):
    """What a person asks of a breaker."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
        breakers.force(name, _wanted(await request.read()).state)
        return _answer(breakers)

    return [web.get("/breakers", show), web.put("/breakers/{name}", force)]


def _wanted(body: bytes) -> Wanted:
    try:
        return Wanted.model_validate_json(body)
    except ValidationError as error:
        if any(one["type"] == "json_invalid" for one in error.errors()):
            raise Malformed("The body must be JSON.") from error
        raise Invalid(faults=[_fault(one["loc"], one["msg"]) for one in error.errors()]) from error


def _fault(place: tuple[int | str, ...], sentence: str) -> Fault:
    return Fault(pointer="".join(f"/{part}" for part in place), code="bad_value", detail=sentence)


def _answer(breakers: Breakers) -> web.Response:
    return web.Response(
        body=orjson.dumps({"breakers": dict(breakers.states)}),
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )

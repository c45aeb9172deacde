"""What Mainstay serves here: the same work at three priorities."""

from aiohttp import web
from pydantic import BaseModel

from benchmarks.overload.work import work
from server import SIGNED_IN, Limit, Route, Service


class Done(BaseModel):
    key: str


async def ping(_request: web.Request) -> Done:
    return Done(key="")


async def plain(_request: web.Request) -> Done:
    return Done(key=work())


async def vital(_request: web.Request) -> Done:
    return Done(key=work())


async def spare(_request: web.Request) -> Done:
    return Done(key=work())


service = Service(
    name="overload",
    resources=[],
    routes=[
        Route("GET", "/ping", ping, returns=Done, access=SIGNED_IN),
        Route("GET", "/work", plain, returns=Done, access=SIGNED_IN),
        Route("GET", "/vital", vital, returns=Done, access=SIGNED_IN, priority="critical"),
        Route("GET", "/spare", spare, returns=Done, access=SIGNED_IN, priority="sheddable"),
    ],
    read_limit=Limit(1_000_000),  # never reached: the load comes from one caller
)

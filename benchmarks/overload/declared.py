"""What Mainstay serves here: products, and the same work at three priorities."""

from aiohttp import web
from pydantic import BaseModel

from benchmarks.overload.work import work
from benchmarks.service import PLENTY, Product
from server import SIGNED_IN, Resource, Route, Service


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
    name="benchmark",  # whose products these are
    resources=[Resource(Product, path="/products", access=SIGNED_IN)],
    routes=[
        Route("GET", "/ping", ping, returns=Done, access=SIGNED_IN),
        Route("GET", "/work", plain, returns=Done, access=SIGNED_IN),
        Route("GET", "/vital", vital, returns=Done, access=SIGNED_IN, priority="critical"),
        Route("GET", "/spare", spare, returns=Done, access=SIGNED_IN, priority="sheddable"),
    ],
    read_limit=PLENTY,
)

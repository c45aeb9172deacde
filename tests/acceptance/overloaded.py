"""A service whose every answer takes a few milliseconds of the event loop's time, at three priorities."""

import hashlib

from aiohttp import web
from pydantic import BaseModel

from server import ANYONE, Limit, Route, Service

_ITERATIONS = 10_000


class Done(BaseModel):
    key: str


async def work(_request: web.Request) -> Done:
    return _done()


async def vital(_request: web.Request) -> Done:
    return _done()


async def spare(_request: web.Request) -> Done:
    return _done()


def _done() -> Done:
    return Done(key=hashlib.pbkdf2_hmac("sha256", b"overload", b"salt", _ITERATIONS).hex())


service = Service(
    name="overloaded",
    resources=[],
    routes=[
        Route("GET", "/work", work, returns=Done, access=ANYONE),
        Route("GET", "/vital", vital, returns=Done, access=ANYONE, priority="critical"),
        Route("GET", "/spare", spare, returns=Done, access=ANYONE, priority="sheddable"),
    ],
    read_limit=Limit(1_000_000),
)

"""A service that pages of other sites may call."""

from aiohttp import web
from pydantic import BaseModel

from middleware.errors import Unavailable
from server import ANYONE, SIGNED_IN, Cors, Limit, Model, Resource, Route, Service


class Note(Model):
    text: str


class Hello(BaseModel):
    text: str


async def hello(_request: web.Request) -> Hello:
    return Hello(text="hello")


async def away(_request: web.Request) -> Hello:
    raise Unavailable


service = Service(
    name="pages",
    resources=[
        Resource(Note, path="/notes", access=ANYONE),
        Resource(Note, path="/own/notes", access=SIGNED_IN),
    ],
    routes=[
        Route("GET", "/hello", hello, returns=Hello, access=ANYONE),
        Route("GET", "/once", hello, returns=Hello, access=ANYONE, limit=Limit(1, per_seconds=3_600)),
        Route("GET", "/away", away, returns=Hello, access=ANYONE),
    ],
    cors=Cors(
        origins=["https://app.example.com", "https://*.preview.example.com", "http://127.0.0.1:*"],
        headers=["X-Page"],
        exposes=["X-Price"],
    ),
)

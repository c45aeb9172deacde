"""A service whose requests end in every way a trace can tell of."""

from aiohttp import web

from server import ANYONE, Model, Resource, Route, Service


class Note(Model):
    """Something written down."""

    text: str


async def broken(_request: web.Request) -> None:
    """A bug."""
    raise LookupError("nothing")


service = Service(
    name="traced",
    version="2.1.0",
    resources=[Resource(Note, path="/notes", access=ANYONE)],
    routes=[Route("GET", "/broken", broken, access=ANYONE)],
)

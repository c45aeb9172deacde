"""A service with an address for each access word."""

from aiohttp import web

from server import ANYONE, OWNER, SIGNED_IN, Limit, Model, Resource, Route, Service, principal, role
from server.declaration import Declaration, checked


class Note(Model):
    text: str = ""


class Plan(Model):
    text: str = ""


class Draft(Model):
    text: str = ""


async def press(_request: web.Request) -> None:
    """A button."""


async def greet(request: web.Request) -> web.Response:
    """Tell who calls."""
    who = principal(request)
    return web.Response(text="nobody" if who is None else f"{who.subject} {sorted(who.roles)} {who.tenant}")


SERVICE = Service(
    name="guarded",
    resources=[
        Resource(Note, path="/notes", read=ANYONE, write=role("staff")),
        Resource(Plan, path="/plans", access=SIGNED_IN),
        Resource(Draft, path="/drafts", access=OWNER),
    ],
    routes=[
        Route("GET", "/me", greet, returns=web.Response, access=ANYONE),
        Route("POST", "/own", press, access=OWNER),
        Route("POST", "/both", press, access=SIGNED_IN & role("staff") & role("auditor")),
        Route("POST", "/notes/press", press, access=OWNER | role("staff")),
        Route("POST", "/few", press, access=SIGNED_IN, limit=Limit(2, per_seconds=60)),
    ],
    limit_factors={"partner": 2},
)


def declaration() -> Declaration:
    """The service, checked."""
    return checked(SERVICE)

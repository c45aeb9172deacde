"""A service whose people sign up and in by themselves."""

from aiohttp import web

from server import ANYONE, OWNER, SIGNED_IN, Accounts, Model, Resource, Route, Service, role
from server.declaration import Declaration, checked
from tests.integration.guarded_service import greet


class Diary(Model):
    text: str = ""


SERVICE = Service(
    name="people",
    resources=[Resource(Diary, path="/diaries", access=OWNER)],
    routes=[
        Route("GET", "/me", greet, returns=web.Response, access=ANYONE),
        Route("GET", "/in", greet, returns=web.Response, access=SIGNED_IN),
        Route("GET", "/staff", greet, returns=web.Response, access=role("staff")),
    ],
    accounts=Accounts(roles=["member"], access_minutes=5, idle_days=7, session_days=30),
)


def declaration() -> Declaration:
    """The service, checked."""
    return checked(SERVICE)

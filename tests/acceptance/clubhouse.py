"""A service whose people sign up and in by themselves."""

from aiohttp import web

from server import ANYONE, OWNER, SIGNED_IN, Accounts, Model, Resource, Route, Service, principal


class Letter(Model):
    text: str = ""


async def greet(request: web.Request) -> web.Response:
    """Tell who calls."""
    who = principal(request)
    return web.Response(text="nobody" if who is None else " ".join(sorted(who.roles)))


service = Service(
    name="clubhouse",
    resources=[Resource(Letter, path="/letters", access=OWNER)],
    routes=[
        Route("GET", "/me", greet, returns=web.Response, access=SIGNED_IN),
        Route("GET", "/anyone", greet, returns=web.Response, access=ANYONE),
    ],
    accounts=Accounts(roles=["member"]),
)

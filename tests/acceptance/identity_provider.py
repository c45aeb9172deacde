"""An identity provider, as far as a service sees it: the keys it publishes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.web_tokens import AUDIENCE, ISSUER, Key, public_set

WORDS = {"JWT_ISSUER": ISSUER, "JWT_AUDIENCE": AUDIENCE}


class Provider:
    """An identity provider's published keys, and how often it was asked for them."""

    def __init__(self, key: Key) -> None:
        self.content = public_set(key)
        self.asked = 0
        self.url = ""

    async def answer(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(body=self.content, content_type="application/jwk-set+json")


@asynccontextmanager
async def provider(key: Key) -> AsyncIterator[Provider]:
    """One that publishes this key."""
    found = Provider(key)
    app = web.Application()
    app.router.add_get("/keys", found.answer)
    async with TestServer(app) as server:
        found.url = str(server.make_url("/keys"))
        yield found

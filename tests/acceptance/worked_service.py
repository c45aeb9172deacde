"""A service that says which process answers, after as long as one likes."""

import asyncio
import os

from aiohttp import web
from pydantic import BaseModel

from server import ANYONE, Route, Service

VERSION = "1.0.0"


class Answered(BaseModel):
    """By whom."""

    pid: int
    version: str


async def answer(request: web.Request) -> Answered:
    """Take `milliseconds` for it."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    loop.call_later(int(request.match_info["milliseconds"]) / 1000, ended.set_result, None)
    await ended
    return Answered(pid=os.getpid(), version=VERSION)


service = Service(
    name="worked",
    version=VERSION,
    routes=[Route("GET", "/answers/{milliseconds}", answer, returns=Answered, access=ANYONE)],
    read_limit=None,
    write_limit=None,
)

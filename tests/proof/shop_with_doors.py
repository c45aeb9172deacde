"""The shop, and doors through which it can be harmed: what a team's own code may do wrong."""

import asyncio
import hashlib
import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import Annotated
from uuid import uuid4

from aiohttp import web
from pydantic import BaseModel, Field

from examples.shop import service as shop
from server import ANYONE, Limit, Route, query, upstream

SOME_BYTES = bytes(2**22)
MEBIBYTE = 2**20
FRESH_SECONDS = 5
STUTTER_SECONDS = 0.25

_hoard: list[bytes] = []


class Harm(BaseModel):
    """How much."""

    seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    mebibytes: Annotated[int, Field(ge=0, le=1_000)] = 0


async def block(request: web.Request) -> None:
    """Wait as code does that knows of no event loop: nobody else goes on."""
    until = time.monotonic() + query(request, Harm).seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(left)  # noqa: ASYNC251 - that is the harm


async def stutter(request: web.Request) -> None:
    """Hold up every turn of the event loop while the caller is there: what needs five takes longer than a second."""
    until = time.monotonic() + query(request, Harm).seconds
    while time.monotonic() < until and request.transport is not None:
        time.sleep(STUTTER_SECONDS)  # noqa: ASYNC251 - that is the harm
        await asyncio.sleep(0)


async def burn(request: web.Request) -> None:
    """Compute in a thread of its own, which leaves the event loop alone and takes whatever the machine has."""
    until = time.monotonic() + query(request, Harm).seconds

    def work() -> None:
        while time.monotonic() < until:
            hashlib.sha256(SOME_BYTES)

    await asyncio.to_thread(work)


async def wait(request: web.Request) -> None:
    """Take long over nothing."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), query(request, Harm).seconds)


async def fail(_request: web.Request) -> None:
    """Have a bug."""
    raise RuntimeError("a bug")


async def fail_otherwise(_request: web.Request) -> None:
    """Have another, which no report has told of yet."""
    raise LookupError("another bug")


async def hoard(request: web.Request) -> None:
    """Keep so much memory and no more."""
    _hoard.clear()
    for _ in range(query(request, Harm).mebibytes):
        _hoard.append(b"x" * MEBIBYTE)
        await asyncio.sleep(0)


async def charge(request: web.Request) -> None:
    """Have money taken."""
    order_id = uuid4()
    taken = shop.Charge.model_validate({"order_id": order_id, "amount": "5.00", "card": "4000-0000-0000-0077"})
    await upstream(request, shop.payments).post(
        "/charges", json=taken, expects=shop.Receipt, idempotency_key=f"order-{order_id}"
    )


async def nothing(_request: web.Request) -> None:
    """Do nothing."""


_MANY = int(os.environ.get("DOORS_MANY", "0"))

service = replace(
    shop.service,
    resources=[replace(one, cache_seconds=min(one.cache_seconds, FRESH_SECONDS)) for one in shop.service.resources],
    version=os.environ.get("DOORS_VERSION", shop.service.version),
    routes=[
        *shop.service.routes,
        Route("GET", "/doors/block", block, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/work", block, parameters=Harm, access=ANYONE, priority="sheddable"),
        Route("GET", "/doors/stutter", stutter, parameters=Harm, access=ANYONE, timeout_seconds=60),
        Route("GET", "/doors/burn", burn, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/wait", wait, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/bug", fail, access=ANYONE),
        Route("GET", "/doors/other-bug", fail_otherwise, access=ANYONE),
        Route("GET", "/doors/hoard", hoard, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/charge", charge, access=ANYONE),
        Route("GET", "/doors/limited", nothing, access=ANYONE, limit=Limit(1, per_seconds=1)),
        *(Route("GET", f"/doors/many/{number}", nothing, access=ANYONE) for number in range(_MANY)),
    ],
)

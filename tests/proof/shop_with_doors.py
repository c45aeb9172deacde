"""The shop, and doors through which it can be harmed: what a team's own code may do wrong."""

import asyncio
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

SLICE_SECONDS = 0.004
MEBIBYTE = 2**20

_hoard: list[bytes] = []


class Harm(BaseModel):
    """How much."""

    seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    mebibytes: Annotated[int, Field(ge=0, le=1_000)] = 0


async def block(request: web.Request) -> None:
    """Compute without letting anybody else go on."""
    until = time.monotonic() + query(request, Harm).seconds
    while time.monotonic() < until:
        pass


async def spin(request: web.Request) -> None:
    """Use the core for so long, and let others go on in between."""
    for _ in range(round(query(request, Harm).seconds / SLICE_SECONDS)):
        until = time.monotonic() + SLICE_SECONDS
        while time.monotonic() < until:
            pass
        await asyncio.sleep(0)


async def wait(request: web.Request) -> None:
    """Take long over nothing."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), query(request, Harm).seconds)


async def fail(_request: web.Request) -> None:
    """Have a bug."""
    raise RuntimeError("a bug")


async def hoard(request: web.Request) -> None:
    """Keep so much memory and no more."""
    _hoard.clear()
    _hoard.extend(b"x" * MEBIBYTE for _ in range(query(request, Harm).mebibytes))


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
    version=os.environ.get("DOORS_VERSION", shop.service.version),
    routes=[
        *shop.service.routes,
        Route("GET", "/doors/block", block, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/spin", spin, parameters=Harm, access=ANYONE, timeout_seconds=60, priority="sheddable"),
        Route("GET", "/doors/wait", wait, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/bug", fail, access=ANYONE),
        Route("GET", "/doors/hoard", hoard, parameters=Harm, access=ANYONE),
        Route("GET", "/doors/charge", charge, access=ANYONE),
        Route("GET", "/doors/limited", nothing, access=ANYONE, limit=Limit(1, per_seconds=1)),
        *(Route("GET", f"/doors/many/{number}", nothing, access=ANYONE) for number in range(_MANY)),
    ],
)

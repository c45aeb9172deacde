"""A service that asks another one for everything it answers, and one thing it knows by itself."""

from aiohttp import web
from pydantic import BaseModel

from server import ANYONE, Route, Service, Upstream, UpstreamPolicy, body, upstream

PATIENCE = UpstreamPolicy(
    attempt_timeout_seconds=1.0, connect_timeout_seconds=1.0, slow_call_seconds=0.5, backoff_seconds=0.01
)
"""Less of it than usual: a test that waits for timeouts waits for these."""

depot = Upstream("depot", base_url_env="DEPOT_URL", bearer_env="DEPOT_TOKEN", policy=PATIENCE)

archive = Upstream(
    "archive",
    base_url_env="DEPOT_URL",
    policy=UpstreamPolicy(attempt_timeout_seconds=30.0, total_timeout_seconds=30.0, slow_call_seconds=20.0),
)
"""The same place, for calls that may take long: how many are let through does not depend on how busy the machine is."""


class Level(BaseModel):
    left: int


class Order(BaseModel):
    number: int


async def level(request: web.Request) -> Level:
    """How much is left, as the depot says."""
    return await upstream(request, depot).get("/level", expects=Level)


async def order(request: web.Request) -> Level:
    """Have the depot send something, without a key."""
    return await upstream(request, depot).post("/orders", json=body(request, Order), expects=Level)


async def page(request: web.Request) -> Level:
    """Something old."""
    return await upstream(request, archive).get("/page", expects=Level)


async def hours(_request: web.Request) -> Level:
    """What needs no depot."""
    return Level(left=8)


service = Service(
    name="relay",
    routes=[
        Route("GET", "/level", level, returns=Level, access=ANYONE),
        Route("POST", "/orders", order, accepts=Order, returns=Level, access=ANYONE),
        Route("GET", "/page", page, returns=Level, access=ANYONE),
        Route("GET", "/hours", hours, returns=Level, access=ANYONE),
    ],
    upstreams=[depot, archive],
    read_limit=None,
    write_limit=None,
)

"""What Mainstay serves in the benchmark: products, and an address that only answers."""

from decimal import Decimal
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from server import SIGNED_IN, Indexed, Limit, Model, Resource, Route, Service, Unique


class Product(Model):
    sku: Annotated[str, Unique(), Field(pattern=r"^[A-Z0-9-]{3,32}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=12, decimal_places=2)]
    stock: Annotated[int, Field(ge=0)] = 0
    tags: Annotated[list[str], Field(default_factory=list)]


class Ware(Product):
    """The same in a table that no cached resource shows, so that a create tells no cache."""


class Pong(BaseModel):
    status: str


async def ping(_request: web.Request) -> Pong:
    return Pong(status="ok")


PLENTY = Limit(1_000_000)
"""Held against every request and never reached: the load comes from one caller."""

service = Service(
    name="benchmark",
    resources=[
        Resource(Product, path="/products", access=SIGNED_IN),
        Resource(Product, path="/cached/products", read=SIGNED_IN, cache_seconds=3_600),
        Resource(Ware, path="/wares", access=SIGNED_IN),
    ],
    routes=[Route("GET", "/ping", ping, returns=Pong, access=SIGNED_IN)],
    read_limit=PLENTY,
    write_limit=PLENTY,
)

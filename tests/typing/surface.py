"""A team's service file that uses every public name once: checked by mypy and pyright, never run."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal, assert_type
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from server import (
    ANYONE,
    OWNER,
    SIGNED_IN,
    Cors,
    Indexed,
    Key,
    Model,
    Reference,
    RenamedFrom,
    Resource,
    Route,
    Service,
    Store,
    Unique,
    Upstream,
    body,
    query,
    role,
    store,
)


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Address(BaseModel):
    street: str
    city: str


class Product(Model, constraints=[Unique("name", "size"), Indexed("price", "name")]):
    sku: Annotated[str, Unique(), Field(pattern=r"^[A-Z0-9-]{3,32}$")]
    name: Annotated[str, RenamedFrom("title"), Field(min_length=1, max_length=200)]
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=12, decimal_places=2)]
    stock: Annotated[int, Field(ge=0)]
    size: Size = Size.SMALL
    tags: list[str] = []


class Order(Model, table="purchase", renamed_from="orders"):
    number: Annotated[int, Key()]
    product_id: Annotated[UUID, Reference(Product)]
    replaces: Annotated[int | None, Reference("Order", expand_as="replaced")] = None
    status: Annotated[Literal["open", "paid"], Indexed()] = "open"
    ship_to: Address | None = None


class Payment(BaseModel):
    amount: Annotated[Decimal, Field(gt=0)]


class Search(BaseModel):
    text: str = ""


async def pay(request: web.Request) -> Order:
    payment = body(request, Payment)
    assert_type(payment.amount, Decimal)
    async with store(request).transaction() as records:
        return await paid(records, int(request.match_info["id"]))


async def paid(records: Store, number: int) -> Order:
    order = await records.read(Order, number, locked=True)
    assert_type(order, Order)
    return await records.update(order, status="paid")


async def cheapest(request: web.Request) -> list[Product]:
    asked = query(request, Search)
    assert_type(asked.text, str)
    return await store(request).list(Product, {"name": asked.text}, sort="price", limit=5)


products = Resource(Product, path="/products", read=ANYONE, write=role("staff") | role("buyer"), cache_seconds=30)
orders = Resource(Order, "/orders", access=OWNER & SIGNED_IN, filterable=["status"], sortable=["number"])

service = Service(
    name="shop",
    resources=[products, orders],
    routes=[
        Route("POST", "/orders/{id}/pay", pay, accepts=Payment, returns=Order, access=OWNER),
        Route("GET", "/cheapest", cheapest, parameters=Search, returns=list[Product], access=ANYONE),
    ],
    upstreams=[Upstream("payments", base_url_env="PAYMENTS_URL")],
    cors=Cors(origins=["https://shop.example.com", "http://localhost:*"]),
)

assert_type(Product.model_validate({}).id, UUID)
assert_type(Product.model_validate({}).created_at, datetime)
assert_type(products.path, str)

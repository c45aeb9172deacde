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
    Answer,
    Availability,
    BadGateway,
    Cors,
    Elapsed,
    Indexed,
    Key,
    Latency,
    Model,
    OutcomeUnknown,
    Reference,
    RenamedFrom,
    Resource,
    Route,
    Service,
    Store,
    Unavailable,
    Unique,
    Upstream,
    UpstreamFailed,
    UpstreamPolicy,
    UpstreamRefused,
    body,
    query,
    role,
    store,
    upstream,
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


payments = Upstream(
    "payments",
    base_url_env="PAYMENTS_URL",
    base_url="http://127.0.0.1:8090",
    bearer_env="PAYMENTS_TOKEN",
    policy=UpstreamPolicy(attempt_timeout_seconds=5.0, reads=8),
)


async def charge(request: web.Request) -> Payment | None:
    calls = upstream(request, payments)
    try:
        assert_type(await calls.get("/charges", query={"limit": 5}, expects=list[Payment]), list[Payment])
        assert_type(await calls.get("/charges/{id}/pdf", values={"id": 7}, expects=bytes), bytes)
        made = await calls.post("/charges", json=Payment(amount=Decimal(1)), idempotency_key="7", expects=Answer)
        assert_type(made.body, bytes)
        return await calls.put("/charges/{id}", values={"id": 7}, json={"amount": "1"}, expects=Payment)
    except UpstreamRefused as refused:
        assert_type(refused.status, int)
        return None
    except UpstreamFailed as failed:
        assert_type(failed.body, bytes)
        raise
    except (BadGateway, Elapsed, OutcomeUnknown, Unavailable) as problem:
        assert_type(problem.retryable, bool)
        raise


products = Resource(Product, path="/products", read=ANYONE, write=role("staff") | role("buyer"), cache_seconds=30)
orders = Resource(Order, "/orders", access=OWNER & SIGNED_IN, filterable=["status"], sortable=["number"])
reports = Resource(Order, "/reports", read=SIGNED_IN, objectives=[Availability(0.99)])

service = Service(
    name="shop",
    resources=[products, orders, reports],
    routes=[
        Route(
            "POST",
            "/orders/{id}/pay",
            pay,
            accepts=Payment,
            returns=Order,
            access=OWNER,
            objectives=[Latency(0.95, under_seconds=1)],
        ),
        Route("GET", "/cheapest", cheapest, parameters=Search, returns=list[Product], access=ANYONE),
    ],
    upstreams=[payments],
    cors=Cors(origins=["https://shop.example.com", "http://localhost:*"]),
    objectives=[Availability(0.999), Latency(0.99, under_seconds=0.25)],
)

assert_type(Product.model_validate({}).id, UUID)
assert_type(Product.model_validate({}).created_at, datetime)
assert_type(products.path, str)

"""A shop for things of wood, wool and clay: what a service file can declare, used once.

    make run        # or: mainstay serve examples/shop/service.py --seed examples/shop/data

Whoever says nothing of who they are may look around, and review:

    curl -s 'localhost:8080/products?tags[contains]=["gift"]&price[lt]=30&sort=-price&expand=category' -g

Reviews are anybody's to change and remove as well, so that there is something to write to without a key. Where they
are to be each writer's own, a shop says `read=ANYONE, write=OWNER` of them, and who reviews signs in.

Who buys says who they are, by signing up at /identity/sign-up or with a key. Only they see and pay their orders:

    ADA="Authorization: Bearer $(.venv/bin/mainstay key create --subject ada)"
    curl -s localhost:8080/checkout -H "$ADA" -H 'Content-Type: application/json' -d '{"email": "ada@example.org",
        "name": "Ada", "ship_to": {"street": "Hill Road 1", "city": "Bern"}, "lines": [{"sku": "MUG-004"}]}'
    curl -s localhost:8080/orders/ID/pay -H "$ADA" -H 'Content-Type: application/json' \
        -d '{"card": "4000-0000-0000-0077"}'

Payments are another service's business: payments_sandbox.py plays it, and `make run` starts it too.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from server import (
    ANYONE,
    OWNER,
    SIGNED_IN,
    Accounts,
    Availability,
    Cors,
    Encrypted,
    Indexed,
    Key,
    Latency,
    Limit,
    Model,
    Private,
    ReadableBy,
    ReadOnly,
    Reference,
    Resource,
    Route,
    Service,
    Store,
    Tenant,
    Unique,
    Upstream,
    UpstreamRefused,
    WritableBy,
    WriteOnce,
    body,
    query,
    role,
    store,
    upstream,
)

EXPRESS_PRICE = Decimal("9.50")
BUYING = Limit(30, per_seconds=60)
"""Enough for the keenest buyer, and too little to find out which of many stolen cards still work."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Phone = Annotated[str, Field(pattern=r"^\+[0-9 ]{6,20}$")]
Sku = Annotated[str, Field(pattern=r"^[A-Z0-9-]{3,32}$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Quantity = Annotated[int, Field(ge=1, le=99)]


class Tier(Enum):
    """How well we know a customer."""

    NEW = "new"
    REGULAR = "regular"
    FRIEND = "friend"


class Size(BaseModel):
    """What it measures, in centimetres."""

    width: Annotated[Decimal, Field(gt=0)]
    height: Annotated[Decimal, Field(gt=0)]
    depth: Annotated[Decimal, Field(gt=0)]


class Address(BaseModel):
    """Where a parcel goes."""

    street: Name
    city: Name
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CH"


class Category(Model):
    """A shelf, perhaps within another one."""

    slug: Annotated[str, Key(), Field(pattern=r"^[a-z-]{2,40}$")]
    name: Name
    parent_slug: Annotated[str | None, Reference("Category", expand_as="parent")] = None


class Product(Model, constraints=[Indexed("category_slug", "price")]):
    """Something for sale."""

    sku: Annotated[Sku, Unique()]
    name: Annotated[Name, Indexed()]
    description: Annotated[str, Field(max_length=2_000)] = ""
    category_slug: Annotated[str, Reference(Category, expand_as="category")]
    price: Annotated[Money, Indexed()]
    cost: Annotated[Money, ReadableBy(role("staff"))] = Decimal(0)
    stock: Annotated[int, Field(ge=0)]
    available: Annotated[bool, Indexed()] = True
    released_on: Annotated[date, Indexed()]
    weight_kg: Annotated[float | None, Field(gt=0)] = None
    size: Size | None = None
    tags: Annotated[list[str], Indexed(), Field(max_length=20)] = []
    attributes: dict[str, str] = {}


class Customer(Model):
    """Somebody who buys, under one of their addresses; which of them are known is nobody else's business."""

    email: Annotated[Email, Private(erased="{key}@erased.invalid"), Indexed()]
    name: Annotated[Name, Private(erased="erased"), Indexed()]
    phone: Annotated[Phone | None, Encrypted()] = None
    tier: Annotated[Tier, WritableBy(role("staff")), Indexed()] = Tier.NEW


class Order(Model, constraints=[Indexed("status", "placed_at")]):
    """What a customer has bought at one time."""

    customer_id: Annotated[UUID, Reference(Customer)]
    status: Annotated[Literal["open", "paid", "sent", "cancelled"], Indexed()] = "open"
    placed_at: Annotated[datetime, WriteOnce(), Indexed()]
    total: Annotated[Money, Indexed()] = Decimal(0)
    ship_to: Annotated[Address | None, Private()] = None


class OrderLine(Model, constraints=[Unique("order_id", "product_id")]):
    """How many of a product an order has, and what one cost then."""

    order_id: Annotated[UUID, Reference(Order)]
    product_id: Annotated[UUID, Reference(Product)]
    quantity: Quantity
    unit_price: Money


class Review(Model):
    """What somebody thinks of a product."""

    product_id: Annotated[UUID, Reference(Product)]
    rating: Annotated[int, Indexed(), Field(ge=1, le=5)]
    author: Annotated[str, Field(min_length=1, max_length=80)]
    text: Annotated[str, Field(max_length=2_000)] = ""


class Budget(Model):
    """What a company lets its people spend in a month."""

    company: Annotated[str, Tenant()]
    month: Annotated[str, Unique(), Field(pattern=r"^\d{4}-\d{2}$")]
    limit: Money
    spent: Annotated[Money, ReadOnly()] = Decimal(0)


class BasketLine(BaseModel):
    """So many of a product."""

    sku: Sku
    quantity: Quantity = 1


class Basket(BaseModel):
    """What somebody wants to buy, and where it goes."""

    email: Annotated[Email, Private()]
    name: Annotated[Name, Private()]
    phone: Annotated[Phone | None, Private()] = None
    ship_to: Annotated[Address, Private()]
    lines: Annotated[list[BasketLine], Field(min_length=1, max_length=50)]


class Delivery(BaseModel):
    """How the parcel travels."""

    express: bool = False


async def checkout(request: web.Request) -> Order:
    """Take the basket's products out of stock and write the order: all of it, or nothing."""
    basket = body(request, Basket)
    price = EXPRESS_PRICE if query(request, Delivery).express else Decimal(0)
    async with store(request).transaction() as shop:
        # In the order of their SKUs, so that no two baskets wait for each other.
        lines = sorted(basket.lines, key=lambda line: line.sku)
        taken = [(line, await take(shop, line)) for line in lines]
        order = Order(
            customer_id=(await customer_of(shop, basket)).id,
            placed_at=datetime.now(UTC),
            total=sum((product.price * line.quantity for line, product in taken), start=price),
            ship_to=basket.ship_to,
        )
        order = await shop.create(order)
        for line, product in taken:
            await shop.create(
                OrderLine(order_id=order.id, product_id=product.id, quantity=line.quantity, unit_price=product.price)
            )
    return order


async def take(shop: Store, line: BasketLine) -> Product:
    """Take so many out of stock; nobody else can meanwhile."""
    found = await shop.list(Product, {"sku": line.sku, "available": True})
    if not found:
        raise web.HTTPUnprocessableEntity(text=f"We do not sell {line.sku}.")
    product = await shop.read(Product, found[0].id, locked=True)
    if product.stock < line.quantity:
        raise web.HTTPConflict(text=f"There are {product.stock} of {line.sku} left.")
    return await shop.update(product, stock=product.stock - line.quantity)


async def customer_of(shop: Store, basket: Basket) -> Customer:
    """The caller as the customer with this address, or as a new one; of others' customers the store knows nothing."""
    known = await shop.list(Customer, {"email": basket.email})
    new = Customer(email=basket.email, name=basket.name, phone=basket.phone)
    return known[0] if known else await shop.create(new)


class Payment(BaseModel):
    """What an order is paid with."""

    card: Annotated[str, Private(), Field(pattern=r"^\d{4}(-\d{4}){3}$")]


class Charge(BaseModel):
    """What we ask the payments service to take."""

    order_id: UUID
    amount: Money
    card: Annotated[str, Private()]


class Receipt(BaseModel):
    """What it has taken."""

    id: str
    amount: Decimal


payments = Upstream("payments", base_url_env="PAYMENTS_URL", base_url="http://127.0.0.1:8090")


async def pay(request: web.Request) -> Order:
    """Have the money taken, then say that it was. The key is the order's: it is taken once however often this runs."""
    order = await store(request).read(Order, request.match_info["id"])
    if order.status != "open":
        raise web.HTTPConflict(text=f"This order is {order.status}.")
    if not order.total:
        raise web.HTTPConflict(text="There is nothing to pay for this order.")
    charge = Charge(order_id=order.id, amount=order.total, card=body(request, Payment).card)
    try:
        await upstream(request, payments).post(
            "/charges", json=charge, expects=Receipt, idempotency_key=f"order-{order.id}"
        )
    except UpstreamRefused as refused:
        if refused.status == HTTPStatus.PAYMENT_REQUIRED:
            raise web.HTTPPaymentRequired(text="The card was declined.") from refused
        raise
    return await store(request).update(order, status="paid")


service = Service(
    name="shop",
    version="1.0.0",
    description="Sells things of wood, wool and clay.",
    resources=[
        Resource(Product, "/products", read=ANYONE, write=role("staff"), cache_seconds=30),
        Resource(Category, "/categories", read=ANYONE, write=role("staff"), cache_seconds=300),
        Resource(Review, "/reviews", access=ANYONE, sortable=["id", "rating"], priority="sheddable"),
        Resource(Customer, "/customers", access=OWNER | role("staff"), filterable=["id", "email", "tier"]),
        Resource(
            Order,
            "/orders",
            read=OWNER | role("staff"),
            write=role("staff"),
            description="Those of whoever asks; checking out makes them.",
            audited=True,
        ),
        Resource(OrderLine, "/order-lines", read=OWNER | role("staff"), write=role("staff")),
        Resource(Budget, "/budgets", read=SIGNED_IN, write=role("buyer"), description="Those of the caller's company."),
    ],
    routes=[
        Route(
            "POST",
            "/checkout",
            checkout,
            accepts=Basket,
            parameters=Delivery,
            returns=Order,
            access=OWNER,
            status=201,
            limit=BUYING,
            summary="Buy what is in a basket",
            objectives=[Availability(0.9995), Latency(0.95, under_seconds=0.5)],
        ),
        Route(
            "POST",
            "/orders/{id}/pay",
            pay,
            accepts=Payment,
            returns=Order,
            access=OWNER,
            limit=BUYING,
            priority="critical",
            summary="Pay for an order",
        ),
    ],
    upstreams=[payments],
    accounts=Accounts(),
    cors=Cors(origins=["https://shop.example.com", "http://localhost:*"]),
    objectives=[Availability(0.999), Latency(0.99, under_seconds=0.25)],
)

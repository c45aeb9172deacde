"""A service that declares one of everything the OpenAPI document has to describe."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from server.identity.access import ANYONE, OWNER, SIGNED_IN, role
from server.service import Resource, Route, Service
from storage.describe import describe_all
from storage.model import Indexed, Key, Model, Reference, Unique


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(BaseModel):
    """How large it is."""

    width: Decimal
    height: int = 3
    measured_at: datetime | None = None


class Address(BaseModel):
    street: str
    city: str = "Bern"


class Artist(Model):
    artist_id: Annotated[int, Key()]
    name: Annotated[str, Unique(), Field(min_length=1, max_length=120)]


class Category(Model):
    code: Annotated[str, Key(), Field(pattern=r"^[a-z]+$")]
    parent_code: Annotated[str | None, Reference("Category", expand_as="parent")] = None


class Product(Model):
    """Something for sale."""

    sku: Annotated[str, Unique(), Field(pattern=r"^[A-Z0-9-]{3,32}$", description="Ours.", examples=["AB-1"])]
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=12, decimal_places=2)]
    discount: Decimal = Decimal(0)
    stock: Annotated[int, Field(ge=0)]
    weight: Annotated[float | None, Indexed(), Field(gt=0)] = None
    tags: Annotated[list[str], Indexed()] = []
    colour: Annotated[Colour, Indexed()] = Colour.RED
    status: Annotated[Literal["draft", "sold"] | None, Indexed()] = None
    rating: Annotated[Literal[1, 2, 3], Indexed()] = 3
    size: Size
    sizes: list[Size] = []
    address: Address | None = None
    extra: dict[str, Any] = {}
    sold: Annotated[bool, Indexed()] = False
    day: Annotated[date, Indexed()]
    at: Annotated[datetime, Indexed()]
    artist_id: Annotated[int, Reference(Artist)]
    category: Annotated[str | None, Reference(Category, expand_as="category_record")] = None
    batch: UUID | None = None


class Note(Model):
    text: Annotated[str, Indexed()]


class Payment(BaseModel):
    amount: Decimal
    size: Size


class Report(BaseModel):
    products: list[Product]
    size: Size
    address: Address


class Period(BaseModel):
    since: date
    until: Annotated[date | None, Field(description="The last day, itself included.")] = None


async def pay(request: web.Request) -> Product:
    raise web.HTTPNotImplemented


async def report(request: web.Request) -> list[Report]:
    raise web.HTTPNotImplemented


async def forget(request: web.Request) -> None:
    raise web.HTTPNotImplemented


async def picture(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotImplemented


SERVICE = Service(
    name="gallery",
    version="2.1.0",
    description="Sells pictures.",
    resources=[
        Resource(Artist, path="/artists", access=ANYONE),
        Resource(Category, path="/categories", access=ANYONE),
        Resource(
            Product, path="/products", read=ANYONE, write=role("staff") & SIGNED_IN, description="All there is to buy."
        ),
        Resource(Note, path="/notes", access=OWNER | role("staff")),
        Resource(Note, path="/admin/public-notes", read=ANYONE, filterable=["text"], sortable=[]),
    ],
    routes=[
        Route("POST", "/products/{id}/pay", pay, accepts=Payment, returns=Product, access=OWNER),
        Route("GET", "/reports", report, parameters=Period, returns=list[Report], access=ANYONE, summary="All reports"),
        Route("DELETE", "/artists/{artist_id}/pictures/{name}", forget, access=ANYONE),
        Route("GET", "/products/{id}/picture", picture, returns=web.Response, access=ANYONE),
    ],
)
TYPES = describe_all([resource.model for resource in SERVICE.resources])

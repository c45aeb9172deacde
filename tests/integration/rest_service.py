"""A service with one of everything: all kinds of fields and keys, all rules, references in every direction, routes."""

import asyncio
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field, field_validator, model_validator

from middleware.errors import Conflict
from server import ANYONE, Indexed, Key, Model, Reference, Resource, Route, Service, Unique, body, query, store
from server.declaration import Declaration, checked


class Colour(Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Grade(IntEnum):
    LOW = 1
    HIGH = 2


class Size(BaseModel):
    width: Decimal
    height: int = 3
    measured_at: datetime | None = None


class Maker(Model):
    """Keyed by a number."""

    maker_id: Annotated[int, Key()] = 0
    name: Annotated[str, Unique(), Field(min_length=1, max_length=120)]
    country: Annotated[str | None, Indexed()] = None


class Category(Model):
    """Keyed by a text of the caller's, and referring to itself."""

    code: Annotated[str, Key(), Field(max_length=200)]
    title: Annotated[str, Indexed()] = ""
    parent_code: Annotated[str | None, Reference("Category", expand_as="parent")] = None


class Device(Model):
    """Keyed by a UUID of the caller's."""

    serial: Annotated[UUID, Key()]
    label: str = ""


class Thing(Model, constraints=[Unique("shelf", "position"), Indexed("colour", "price")]):
    """All kinds of fields."""

    name: Annotated[str, Indexed(), Field(min_length=1, max_length=3_000)]
    sku: Annotated[str | None, Unique(), Field(pattern=r"^[A-Z0-9-]{3,32}$")] = None
    count: Annotated[int, Indexed()] = 0
    stock: Annotated[int, Field(ge=0)] = 0
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=12, decimal_places=2)] = Decimal(0)
    ratio: Annotated[Decimal | None, Indexed()] = None
    weight: Annotated[float | None, Indexed()] = None
    sold: Annotated[bool, Indexed()] = False
    made_at: Annotated[datetime | None, Indexed()] = None
    day: Annotated[date | None, Indexed()] = None
    batch: Annotated[UUID | None, Indexed()] = None
    colour: Annotated[Colour, Indexed()] = Colour.RED
    state: Annotated[Literal["draft", "sold"] | None, Indexed()] = None
    rating: Annotated[Literal[1, 2, 3], Indexed()] = 3
    grade: Grade | None = None
    tags: Annotated[list[str], Indexed()] = []
    sizes: list[Size] = []
    size: Size | None = None
    extra: Annotated[dict[str, Any], Indexed()] = {}
    shelf: str | None = None
    position: int | None = None
    maker_id: Annotated[int | None, Reference(Maker)] = None
    category_code: Annotated[str | None, Reference(Category, expand_as="category")] = None


class Booking(Model):
    """Its rules look at several fields together."""

    begins: Annotated[date, Indexed()]
    ends: date
    room: Annotated[str, Field(max_length=20)]
    nights: int = 0
    notes: dict[str, str] = {}

    @field_validator("room", mode="before")
    @classmethod
    def written_in_capitals(cls, room: object) -> object:
        return room.upper() if isinstance(room, str) else room

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("a booking ends after it begins")
        self.nights = (self.ends - self.begins).days
        return self


class Rows(Model, table="s"):
    """Names that the statements use themselves."""

    r: Annotated[str, Indexed()]
    order: Annotated[int, Indexed()] = 0
    s_id: Annotated[UUID | None, Reference("Rows", expand_as="j_s")] = None


class Tally(Model):
    """Served to read alone."""

    amount: Annotated[int, Indexed()] = 0


class Sale(BaseModel):
    quantity: Annotated[int, Field(ge=1, le=1_000)]
    paid: Decimal
    note: str | None = None


class Receipt(BaseModel):
    thing: Thing
    sale: Sale
    due: Decimal
    at: datetime


class Period(BaseModel):
    since: date
    limit: Annotated[int, Field(ge=1, le=10)] = 5


MOMENT = datetime.fromisoformat("0042-03-01T10:00:00.5+01:00")


class Note(BaseModel):
    text: str


async def sell(request: web.Request) -> Receipt:
    """Take from the stock; nothing happens where there is not enough."""
    sale = body(request, Sale)
    async with store(request).transaction() as records:
        thing = await records.read(Thing, request.match_info["id"], locked=True)
        if sale.note is not None:
            await records.create(Maker(name=sale.note))
        changed = await records.update(thing, stock=thing.stock - sale.quantity)
    return Receipt(thing=changed, sale=sale, due=Decimal("-0.00"), at=MOMENT)


async def stubborn(request: web.Request) -> web.Response:
    """Goes on after a write that failed, and answers in its own way."""
    note = body(request, Note)
    maker = await store(request).create(Maker(name=note.text))
    try:
        await store(request).create(Maker(name=note.text))
    except Conflict:
        await store(request).update(maker, country="again")
    return web.Response(status=202, body=b"\x00\xff", headers={"X-Made": str(maker.maker_id)})


async def cheapest(request: web.Request) -> list[Thing]:
    asked = query(request, Period)
    return await store(request).list(Thing, {"day[gte]": asked.since, "sold": False}, sort="price", limit=asked.limit)


async def forget(request: web.Request) -> None:
    await store(request).delete(await store(request).read(Thing, request.match_info["id"]))


async def echo(request: web.Request) -> web.Response:
    return web.json_response(dict(request.match_info))


async def lie(request: web.Request) -> list[Maker]:
    return [Sale(quantity=1, paid=Decimal(0), note="hunter2")]  # type: ignore[list-item]  # what the test is about


async def silence(request: web.Request) -> Maker:
    return None  # type: ignore[return-value]  # what the test is about


async def refuse(request: web.Request) -> None:
    raise web.HTTPPaymentRequired(text="Pay first.", headers={"X-Price": "5"})


async def half(request: web.Request) -> None:
    """Write, then fail."""
    async with store(request).transaction() as records:
        await records.create(Maker(name="half"))
        raise LookupError("hunter2")


async def many(request: web.Request) -> list[Maker]:
    """Number several records in one transaction, while others do."""
    async with store(request).transaction() as records:
        made = []
        for place in range(3):
            made.append(await records.create(Maker(name=f"{request.match_info['name']} {place}")))
            await asyncio.sleep(0)
    return made


SERVICE = Service(
    name="warehouse",
    resources=[
        Resource(Maker, path="/makers", access=ANYONE),
        Resource(Category, path="/categories", access=ANYONE),
        Resource(Device, path="/devices", access=ANYONE),
        Resource(Thing, path="/things", access=ANYONE),
        Resource(Thing, path="/public/things", read=ANYONE, filterable=["price"], sortable=["price"], cache_seconds=30),
        Resource(Booking, path="/bookings", access=ANYONE),
        Resource(Rows, path="/rows", access=ANYONE),
        Resource(Tally, path="/tallies", read=ANYONE),
    ],
    routes=[
        Route("POST", "/things/{id}/sell", sell, accepts=Sale, returns=Receipt, access=ANYONE, status=201),
        Route("POST", "/stubborn", stubborn, accepts=Note, returns=web.Response, access=ANYONE),
        Route("POST", "/careful", stubborn, accepts=Note, returns=web.Response, access=ANYONE, idempotency="required"),
        Route("GET", "/things/cheapest", cheapest, parameters=Period, returns=list[Thing], access=ANYONE),
        Route("DELETE", "/things/{id}/memory", forget, access=ANYONE),
        Route("GET", "/echo/{first}/{second}", echo, returns=web.Response, access=ANYONE),
        Route("GET", "/lie", lie, returns=list[Maker], access=ANYONE),
        Route("GET", "/silence", silence, returns=Maker, access=ANYONE),
        Route("GET", "/refuse", refuse, access=ANYONE),
        Route("POST", "/half", half, access=ANYONE),
        Route("POST", "/many/{name}", many, returns=list[Maker], access=ANYONE),
    ],
)


def declaration() -> Declaration:
    """The service, checked."""
    return checked(SERVICE)

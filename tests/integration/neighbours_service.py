"""A service whose records are somebody's: a person's own, a company's, or both."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from server import (
    ANYONE,
    OWNER,
    SIGNED_IN,
    Indexed,
    Model,
    Reference,
    Resource,
    Route,
    Service,
    Tenant,
    Unique,
    body,
    role,
    store,
)
from server.declaration import Declaration, checked


class Pad(Model):
    """A person's own, which staff may look after."""

    title: Annotated[str, Indexed()]
    shelf: Annotated[int, Unique()] = 0


class Sheet(Model):
    """A sheet of a pad."""

    pad_id: Annotated[UUID, Reference(Pad)]
    text: Annotated[str, Indexed()] = ""


class Flat(Model):
    """A company's, for all who work there."""

    company: Annotated[str, Tenant()]
    number: Annotated[int, Unique()]


class Bill(Model):
    """A company's and a person's in it; those who keep the books see all of their company's."""

    company: Annotated[str, Tenant()]
    flat_id: Annotated[UUID | None, Reference(Flat)] = None
    text: Annotated[str, Indexed()] = ""


class Note(Model):
    """Anybody pins one up; who has done so while signed in may change it, and staff takes it down."""

    text: str


class Title(BaseModel):
    """What a pad is called."""

    title: str


async def titles(request: web.Request) -> list[Title]:
    """Those of the pads a caller has."""
    return [Title(title=pad.title) for pad in await store(request).list(Pad, sort="title")]


async def all_titles(request: web.Request) -> list[Title]:
    """Those of everybody's pads."""
    return [Title(title=pad.title) for pad in await store(request).of_everybody().list(Pad, sort="title")]


async def begin(request: web.Request) -> Pad:
    """A new pad with an empty sheet in it, all or nothing."""
    async with store(request).transaction() as records:
        pad = await records.create(Pad(title=body(request, Title).title, shelf=9))
        await records.create(Sheet(pad_id=pad.id))
    return pad


SERVICE = Service(
    name="neighbours",
    resources=[
        Resource(Pad, "/pads", access=OWNER | role("staff")),
        Resource(Sheet, "/sheets", access=OWNER),
        Resource(Flat, "/flats", access=SIGNED_IN),
        Resource(Bill, "/bills", access=OWNER | role("books")),
        Resource(Note, "/notes", read=ANYONE, list=SIGNED_IN, create=ANYONE, update=OWNER, delete=role("staff")),
    ],
    routes=[
        Route("GET", "/titles", titles, returns=list[Title], access=OWNER | role("staff")),
        Route("GET", "/titles/all", all_titles, returns=list[Title], access=OWNER),
        Route("POST", "/begin", begin, accepts=Title, returns=Pad, access=OWNER, status=201),
    ],
)


def declaration() -> Declaration:
    """The service, checked."""
    return checked(SERVICE)

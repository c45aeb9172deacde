"""A service anyone may write to, with what a client library has to get right: money, times, sets, references."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from server.identity.access import ANYONE, SIGNED_IN
from server.service import Resource, Route, Service
from storage.model import Indexed, Key, Model, Reference, Unique


class Frame(BaseModel):
    width: Decimal
    material: str = "oak"


class Artist(Model):
    artist_id: Annotated[int, Key()]
    name: Annotated[str, Unique(), Field(min_length=1, max_length=120)]


class Picture(Model):
    title: Annotated[str, Indexed(), Field(min_length=1, max_length=200)]
    artist_id: Annotated[int, Reference(Artist)]
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=12, decimal_places=2)]
    status: Annotated[Literal["shown", "sold"], Indexed()] = "shown"
    painted_at: Annotated[datetime | None, Indexed()] = None
    tags: list[str] = []
    frame: Frame | None = None


class Ledger(Model):
    text: str


class Opening(BaseModel):
    open: bool


async def opening(_request: web.Request) -> Opening:
    """Whether the gallery is open."""
    return Opening(open=True)


service = Service(
    name="gallery",
    version="2.1.0",
    description="Pictures and who painted them.",
    resources=[
        Resource(Artist, path="/artists", access=ANYONE),
        Resource(Picture, path="/pictures", access=ANYONE, description="What hangs on the walls."),
        Resource(Ledger, path="/ledger", access=SIGNED_IN),
    ],
    routes=[Route("GET", "/opening", opening, returns=Opening, access=ANYONE)],
)

"""A service whose records hold whatever takes long to check, for bodies that mean harm."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from server import ANYONE, Limit, Model, Resource, Service


class Point(BaseModel):
    """An object in a list."""

    x: int = 0
    y: int = 0


class Thing(Model):
    """Lists and objects of everything."""

    name: Annotated[str, Field(min_length=1)] = "x"
    tags: list[str] = []
    numbers: list[int] = []
    prices: list[Decimal] = []
    times: list[datetime] = []
    ids: list[UUID] = []
    points: list[Point] = []
    either: list[int | str | Point | None] = []
    attributes: dict[str, str] = {}
    document: dict[str, Any] = {}


service = Service(
    name="wide",
    resources=[Resource(Thing, path="/things", access=ANYONE)],
    write_limit=Limit(1_000_000),
    read_limit=Limit(1_000_000),
)

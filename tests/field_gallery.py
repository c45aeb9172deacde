"""A service whose records have fields that not everybody sees or sets."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from server import (
    ANYONE,
    OWNER,
    SIGNED_IN,
    Indexed,
    Model,
    ReadableBy,
    ReadOnly,
    Reference,
    Resource,
    Service,
    WritableBy,
    WriteOnce,
    role,
)
from server.declaration import Declaration, checked

Price = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2)]


class Painter(Model):
    """Whose address is the gallery's to know."""

    name: str
    address: Annotated[str, ReadableBy(role("staff")), Indexed()] = ""


class Picture(Model):
    """What it cost is staff's to know, whether it is sold staff's to say, what it is called its maker's, once."""

    title: Annotated[str, WriteOnce(), Indexed()]
    painter_id: Annotated[UUID | None, Reference(Painter)] = None
    price: Annotated[Price, Indexed()] = Decimal("10.00")
    cost: Annotated[Price, ReadableBy(role("staff")), WritableBy(role("staff")), Indexed()] = Decimal("1.00")
    status: Annotated[Literal["shown", "sold"], WritableBy(role("staff")), Indexed()] = "shown"
    visits: Annotated[int, ReadOnly()] = 0
    diary: Annotated[str, ReadableBy(OWNER)] | None = None


class Frame(Model):
    """Whose rules look at several fields."""

    width: Annotated[int, WriteOnce()]
    height: int = 1
    depth: int = 1

    @model_validator(mode="after")
    def is_flat(self) -> Self:
        """No frame is deeper than it is wide."""
        if self.depth > self.width:
            raise ValueError("deeper than wide")
        return self


SERVICE = Service(
    name="gallery",
    resources=[
        Resource(Painter, "/painters", access=ANYONE),
        Resource(Picture, "/pictures", read=ANYONE, write=SIGNED_IN, cache_seconds=30),
        Resource(Picture, "/own-pictures", access=OWNER),
        Resource(Frame, "/frames", access=SIGNED_IN),
    ],
)


def declaration() -> Declaration:
    """The service, checked."""
    return checked(SERVICE)

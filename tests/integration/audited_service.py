"""A service whose papers are audited, on every path there is to them, and whose stamps are not."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from middleware.errors import Conflict
from server import ANYONE, OWNER, Model, Private, Reference, Resource, Route, Service, Unique, body, role, store
from server.declaration import Declaration, checked


class Place(BaseModel):
    town: str = ""
    street: str = ""


class Paper(Model):
    """Its text is nobody else's business."""

    title: Annotated[str, Unique()]
    pages: Annotated[int, Field(ge=0)] = 0
    text: Annotated[str | None, Private()] = None
    place: Place | None = None


class Sheet(Model):
    """Numbered by Postgres, or by who makes it."""

    paper_id: Annotated[UUID | None, Reference(Paper)] = None


class Step(BaseModel):
    """What to do with a paper, and if it is then thought better of."""

    pages: int
    fails: bool = False


async def grow(request: web.Request) -> Paper:
    """Two changes and a new paper, all or nothing."""
    asked = body(request, Step)
    async with store(request).transaction() as records:
        paper = await records.read(Paper, request.match_info["id"], locked=True)
        paper = await records.update(paper, pages=asked.pages)
        paper = await records.update(paper, title=f"{paper.title}, grown")
        await records.create(Paper(title=f"about {paper.title}"))
        if asked.fails:
            raise Conflict("thought better of it")
    return paper


async def shred(request: web.Request) -> None:
    """On the service's own account."""
    records = store(request).of_everybody()
    await records.delete(await records.read(Paper, request.match_info["id"]))


SERVICE = Service(
    name="office",
    resources=[
        Resource(Paper, "/papers", access=OWNER | role("staff"), audited=True),
        Resource(Sheet, "/sheets", access=ANYONE),
    ],
    routes=[
        Route("POST", "/papers/{id}/grow", grow, accepts=Step, returns=Paper, access=OWNER, status=200),
        Route("POST", "/papers/{id}/shred", shred, access=OWNER),
    ],
)


def declaration() -> Declaration:
    """The service, checked."""
    return checked(SERVICE)

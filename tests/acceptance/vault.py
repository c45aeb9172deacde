"""A service that keeps what nobody may read in its database."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from server import ANYONE, Encrypted, Indexed, Model, Private, Reference, Resource, Route, Service, body, store


class Account(Model):
    """An account, and the number nobody reads."""

    holder: Annotated[str, Indexed()]
    iban: Annotated[str, Encrypted(), Private(erased=""), Field(pattern=r"^[A-Z]{2}[0-9A-Z ]{4,40}$|^$")]
    code: Annotated[str | None, Encrypted()] = None


class Transfer(Model):
    """Money that moves."""

    account_id: Annotated[UUID, Reference(Account)]
    purpose: Annotated[str, Encrypted()] = "nothing much"


class Wish(BaseModel):
    """What to tell."""

    id: UUID


async def tell(request: web.Request) -> Account:
    """An account as a handler sees it."""
    return await store(request).read(Account, body(request, Wish).id)


service = Service(
    name="vault",
    resources=[
        Resource(Account, "/accounts", access=ANYONE, cache_seconds=30),
        Resource(Transfer, "/transfers", access=ANYONE),
    ],
    routes=[Route("POST", "/tell", tell, accepts=Wish, returns=Account, access=ANYONE)],
)

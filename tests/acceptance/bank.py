"""A service in which a write that is done twice shows: balances, versions and entries without a number of their own."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from server import ANYONE, Indexed, Model, Resource, Route, Service, Unique, body, store


class Contact(BaseModel):
    street: str = ""
    town: str = ""


class Account(Model):
    name: Annotated[str, Unique(), Field(max_length=80)]
    balance: int = 0
    remark: str = ""
    contact: Contact | None = None


class Entry(Model):
    reference: Annotated[str, Indexed(), Field(max_length=80)]
    amount: int


class Deposit(BaseModel):
    reference: Annotated[str, Field(max_length=80)]
    amount: int


async def deposit(request: web.Request) -> Entry:
    """Two records change, in statements of their own."""
    asked = body(request, Deposit)
    async with store(request).transaction() as records:
        account = await records.read(Account, request.match_info["id"], locked=True)
        await records.update(account, balance=account.balance + asked.amount)
        return await records.create(Entry(reference=asked.reference, amount=asked.amount))


service = Service(
    name="bank",
    resources=[
        Resource(Account, path="/accounts", access=ANYONE, audited=True),
        Resource(Entry, path="/entries", access=ANYONE, audited=True),
    ],
    routes=[
        Route("POST", "/accounts/{id}/deposits", deposit, accepts=Deposit, returns=Entry, access=ANYONE, status=201),
    ],
    read_limit=None,
    write_limit=None,
)

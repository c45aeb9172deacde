"""Routes that do what a resource leaves to them, at its own addresses."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pydantic import BaseModel

from server import ANYONE, Model, Resource, Route, Service, body, store
from server.declaration import checked
from tests.integration.rest_client import Client, served_service


class Loan(Model):
    """Who has what."""

    book: str
    is_over: bool = False


class Wish(BaseModel):
    """What somebody wants to borrow."""

    book: str


async def borrow(request: web.Request) -> Loan:
    """Lend it."""
    return await store(request).create(Loan(book=body(request, Wish).book))


async def give_back(request: web.Request) -> None:
    """Keep the record, and say that it is over."""
    loan = await store(request).read(Loan, request.match_info["id"])
    await store(request).update(loan, is_over=True)


LIBRARY = Service(
    name="library",
    resources=[Resource(Loan, "/loans", read=ANYONE)],
    routes=[
        Route("POST", "/loans", borrow, accepts=Wish, returns=Loan, status=201, access=ANYONE),
        Route("DELETE", "/loans/{id}", give_back, access=ANYONE),
    ],
)


@pytest.fixture
async def library(database: str) -> AsyncIterator[Client]:
    async with served_service(checked(LIBRARY), database) as client:
        yield client


async def test_what_a_resource_does_not_offer_its_routes_do(library: Client) -> None:
    lent = await library.send("POST", "/loans", json={"book": "Emma"})
    place = f"/loans/{lent.json['id']}"

    given_back = await library.send("DELETE", place)

    assert (lent.status, given_back.status) == (201, 204)
    assert [loan["is_over"] for loan in (await library.get("/loans")).json["items"]] == [True]


async def test_an_address_of_both_offers_what_each_of_them_does(library: Client) -> None:
    place = f"/loans/{(await library.send('POST', '/loans', json={'book': 'Emma'})).json['id']}"

    offered = await library.send("OPTIONS", place)
    refused = await library.send("PATCH", place, json={"is_over": False})

    assert set(offered.headers["Allow"].split(", ")) == {"GET", "HEAD", "DELETE", "OPTIONS"}
    assert (refused.status, set(refused.headers["Allow"].split(","))) == (405, {"GET", "HEAD", "DELETE", "OPTIONS"})

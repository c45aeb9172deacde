"""What is kept for one caller is never another's: own rows, tenants' rows, hidden fields, and what a CDN is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from server.declaration import Declaration, checked
from tests import field_gallery
from tests.integration import neighbours_service
from tests.integration.cached_service import Replicas, replicas
from tests.integration.rest_client import Reply
from tests.integration.signed_callers import SignedCaller, signed_caller

OWN = "private, max-age=30, stale-while-revalidate=3, stale-if-error=86400"


def cached(declaration: Declaration) -> Declaration:
    """The same service with every resource cached."""
    service = declaration.service
    resources = [replace(resource, cache_seconds=30) for resource in service.resources]
    return checked(replace(service, resources=resources))


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    shop: Replicas
    ada: SignedCaller
    bob: SignedCaller
    staff: SignedCaller


@asynccontextmanager
async def neighbourhood(
    database: str, redis_url: str, declaration: Declaration, *, is_near: bool = True
) -> AsyncIterator[Neighbours]:
    async with replicas(database, redis_url, declaration=cached(declaration), is_near=is_near) as shop:
        yield Neighbours(
            shop=shop,
            ada=await signed_caller(shop.one, "ada", tenant="north"),
            bob=await signed_caller(shop.one, "bob", tenant="south"),
            staff=await signed_caller(shop.one, "sue", "staff", tenant="north"),
        )


@pytest.fixture
async def neighbours(database: str, redis_url: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(database, redis_url, neighbours_service.declaration()) as made:
        yield made


@pytest.fixture
async def far_neighbours(database: str, redis_url: str) -> AsyncIterator[Neighbours]:
    """For what is changed by hand in Redis."""
    async with neighbourhood(database, redis_url, neighbours_service.declaration(), is_near=False) as made:
        yield made


@pytest.fixture
async def gallery(database: str, redis_url: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(database, redis_url, field_gallery.declaration()) as made:
        yield made


async def asked_twice(caller: SignedCaller, path: str) -> Reply:
    """What is kept for the caller, after it was the same when the database was asked."""
    first, second = await caller.ask("GET", path), await caller.ask("GET", path)
    assert (second.status, "mainstay; hit" in second.headers["Cache-Status"]) == (first.status, True)
    assert first.status == 404 or first.body == second.body
    return second


async def test_a_list_that_is_kept_is_its_callers(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)
    his = await neighbours.bob.made("/pads", title="b", shelf=2)
    callers = (neighbours.ada, neighbours.bob, neighbours.staff)

    kept = [(await asked_twice(caller, "/pads")).json["items"] for caller in callers]

    assert kept == [[hers], [his], [hers, his]]


async def test_a_record_that_is_kept_for_its_owner_is_not_there_for_another(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)
    path = f"/pads/{hers['id']}"

    kept = [await asked_twice(caller, path) for caller in (neighbours.ada, neighbours.bob, neighbours.staff)]
    still = await neighbours.ada.ask("GET", path)

    assert [reply.status for reply in (*kept, still)] == [200, 404, 200, 200]
    assert still.json == hers


async def test_a_record_that_is_known_to_be_missing_for_another_is_there_for_its_owner(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)
    path = f"/pads/{hers['id']}"

    missing = await asked_twice(neighbours.bob, path)
    found = await asked_twice(neighbours.ada, path)

    assert (missing.status, found.status, found.json) == (404, 200, hers)


async def test_a_write_by_staff_ends_what_is_kept_for_the_owner(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)
    path = f"/pads/{hers['id']}"
    for caller in (neighbours.ada, neighbours.staff):
        await asked_twice(caller, path)
        await asked_twice(caller, "/pads")

    await neighbours.staff.ask("PATCH", path, {"title": "tidied"})

    record, listed = await neighbours.ada.ask("GET", path), await neighbours.ada.shown("/pads")
    assert (record.json["title"], listed[0]["title"]) == ("tidied", "tidied")


async def test_another_companys_records_are_not_what_is_kept(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/flats", number=1)
    his = await neighbours.bob.made("/flats", number=2)

    kept = [(await asked_twice(caller, "/flats")).json["items"] for caller in (neighbours.ada, neighbours.bob)]
    colleague = await neighbours.staff.ask("GET", "/flats")
    others = await asked_twice(neighbours.bob, f"/flats/{hers['id']}")

    assert (kept, others.status) == ([[hers], [his]], 404)
    assert (colleague.json["items"], "mainstay; hit" in colleague.headers["Cache-Status"]) == ([hers], True)


async def test_what_stands_in_for_the_database_is_its_callers_too(far_neighbours: Neighbours) -> None:
    hers = await far_neighbours.ada.made("/pads", title="a", shelf=1)
    await asked_twice(far_neighbours.ada, "/pads")
    await far_neighbours.shop.age(40)
    far_neighbours.shop.one.breakers.force("postgres.reads", "forced_open")

    stale, refused = await far_neighbours.ada.ask("GET", "/pads"), await far_neighbours.bob.ask("GET", "/pads")

    assert (stale.json["items"], stale.headers["Cache-Status"].split("; ")[-1]) == ([hers], "detail=stale-if-error")
    assert refused.status == 503


async def test_what_is_a_callers_own_is_not_for_caches_on_the_way(neighbours: Neighbours) -> None:
    await neighbours.ada.made("/pads", title="a", shelf=1)

    kept = await asked_twice(neighbours.ada, "/pads")

    assert (kept.headers["Cache-Control"], kept.headers["Vary"]) == (OWN, "Accept, Authorization, Prefer")


async def test_a_field_is_hidden_in_what_is_kept(gallery: Neighbours) -> None:
    made = await gallery.staff.made("/pictures", title="t", cost="5.00")
    nobody = SignedCaller(gallery.shop.one)
    callers, paths = (gallery.staff, gallery.ada, nobody), (f"/pictures/{made['id']}", "/pictures")

    kept = {path: [await asked_twice(caller, path) for caller in callers] for path in paths}

    for replies in kept.values():
        assert [b'"cost"' in reply.body for reply in replies] == [True, False, False]
        assert [reply.headers["Cache-Control"] for reply in replies] == [OWN, OWN, OWN.replace("private", "public")]
        assert all("Authorization" in reply.headers["Vary"] for reply in replies)

"""Whose a record is, held in SQL on every path: others' records are neither seen, changed, counted nor guessed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.neighbours_service import declaration
from tests.integration.rest_client import Client, Reply, served_service
from tests.integration.signed_callers import SignedCaller, signed_caller

NOBODYS = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    client: Client
    ada: SignedCaller
    bob: SignedCaller
    staff: SignedCaller


@pytest.fixture
async def neighbours(database: str) -> AsyncIterator[Neighbours]:
    async with served_service(declaration(), database) as client:
        yield Neighbours(
            client=client,
            ada=await signed_caller(client, "ada"),
            bob=await signed_caller(client, "bob"),
            staff=await signed_caller(client, "sue", "staff"),
        )


def ids(items: list[Any]) -> list[str]:
    return [item["id"] for item in items]


async def test_a_list_holds_ones_own_and_to_staff_all(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)
    his = await neighbours.bob.made("/pads", title="b", shelf=2)

    assert await neighbours.ada.shown("/pads") == [hers]
    assert await neighbours.bob.shown("/pads") == [his]
    assert await neighbours.staff.shown("/pads") == [hers, his]


async def test_a_count_counts_ones_own(neighbours: Neighbours) -> None:
    await neighbours.ada.made("/pads", title="a", shelf=1)
    await neighbours.bob.made("/pads", title="b", shelf=2)

    counted = await neighbours.ada.ask("GET", "/pads?limit=1", Prefer="count=exact")

    assert (counted.json["total"], counted.json["next"]) == (1, None)


async def test_no_filter_finds_anothers(neighbours: Neighbours) -> None:
    his = await neighbours.bob.made("/pads", title="secret", shelf=2)

    for filters in (
        "title=secret",
        f"id={his['id']}",
        f"id[in]={his['id']}",
        "title[like]=s%25",
        "shelf=2",
        "shelf[gt]=0",
    ):
        assert await neighbours.ada.shown(f"/pads?{filters}") == [], filters


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_anothers_record_is_one_that_is_not_there(neighbours: Neighbours, method: str) -> None:
    his = await neighbours.bob.made("/pads", title="b", shelf=2)
    json = {"title": "mine now", "shelf": 3} if method in ("PUT", "PATCH") else ...

    answers = [await neighbours.ada.ask(method, f"/pads/{key}", json) for key in (his["id"], NOBODYS)]

    anothers, none = answers
    assert (anothers.status, none.status) == (404, 404)
    assert _told(anothers) == _told(none)
    assert (await neighbours.bob.ask("GET", f"/pads/{his['id']}")).json == his


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_no_tag_tells_of_anothers_record(neighbours: Neighbours, method: str) -> None:
    his = await neighbours.bob.made("/pads", title="b", shelf=2)
    tag = (await neighbours.bob.ask("GET", f"/pads/{his['id']}")).etag
    json = {"title": "mine now", "shelf": 3} if method in ("PUT", "PATCH") else ...

    for expected in (tag, '"1.0"', "*", f'"1.0", {tag}'):
        refused = await neighbours.ada.ask(method, f"/pads/{his['id']}", json, If_Match=expected)
        assert (refused.status, "ETag" in refused.headers) == (404, False), expected


async def test_staff_changes_a_record_and_it_stays_whose_it_was(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)

    changed = await neighbours.staff.ask("PATCH", f"/pads/{hers['id']}", {"title": "tidy"})

    assert (changed.status, changed.json["title"]) == (200, "tidy")
    assert [pad["title"] for pad in await neighbours.ada.shown("/pads")] == ["tidy"]


async def test_a_key_that_is_anothers_already_shows_no_tag_of_it(neighbours: Neighbours) -> None:
    his = await neighbours.bob.made("/pads", title="b", shelf=2)

    refused = await neighbours.ada.ask("PUT", f"/pads/{his['id']}", {"title": "mine", "shelf": 5}, If_None_Match="*")

    assert (refused.status, "ETag" in refused.headers) == (412, False)


async def test_nobody_refers_to_anothers_record(neighbours: Neighbours) -> None:
    his = await neighbours.bob.made("/pads", title="b", shelf=2)

    refusals = [await neighbours.ada.ask("POST", "/sheets", {"pad_id": key}) for key in (his["id"], NOBODYS)]

    assert [reply.status for reply in refusals] == [409, 409]
    anothers, none = refusals
    assert _told(anothers) == _told(none)
    sheet = await neighbours.ada.made("/sheets", pad_id=(await neighbours.ada.made("/pads", title="a", shelf=1))["id"])
    moved = await neighbours.ada.ask("PATCH", f"/sheets/{sheet['id']}", {"pad_id": his["id"]})
    assert moved.status == 409


async def test_what_is_expanded_is_ones_own(neighbours: Neighbours) -> None:
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)
    sheet = await neighbours.ada.made("/sheets", pad_id=hers["id"])

    assert (await neighbours.ada.ask("GET", f"/sheets/{sheet['id']}?expand=pad")).json == {**sheet, "pad": hers}
    assert await neighbours.ada.shown("/sheets?expand=pad") == [{**sheet, "pad": hers}]


async def test_a_fenced_key_expands_and_refers_to_nothing_outside_its_fence(neighbours: Neighbours) -> None:
    pad = await neighbours.ada.made("/pads", title="a", shelf=1)
    sheet = await neighbours.ada.made("/sheets", pad_id=pad["id"])
    client = neighbours.client
    fenced, wider = [await signed_caller(client, "ada", resources=some) for some in (("sheets",), ("sheets", "pads"))]

    shown = [await one.shown("/sheets?expand=pad") for one in (fenced, wider)]
    made = [(await one.ask("POST", "/sheets", {"pad_id": pad["id"]})).status for one in (fenced, wider)]

    assert (await fenced.ask("GET", "/pads")).status == 403
    assert shown == [[{**sheet, "pad": None}], [{**sheet, "pad": pad}]]
    assert made == [409, 201]


async def test_a_tenants_records_are_for_all_of_it_and_for_nobody_else(neighbours: Neighbours) -> None:
    ann, ben = [await signed_caller(neighbours.client, name, tenant="acme") for name in ("ann", "ben")]
    eve = await signed_caller(neighbours.client, "eve", tenant="other")

    flat = await ann.made("/flats", number=1)

    assert flat["company"] == "acme"
    assert await ben.shown("/flats") == [flat]
    assert await eve.shown("/flats") == []
    assert (await eve.ask("GET", f"/flats/{flat['id']}")).status == 404
    assert (await eve.ask("DELETE", f"/flats/{flat['id']}")).status == 404
    assert (await ben.ask("PATCH", f"/flats/{flat['id']}", {"number": 2})).status == 200


async def test_what_is_unique_is_so_within_a_tenant(neighbours: Neighbours) -> None:
    ann, eve = [await signed_caller(neighbours.client, "ann", tenant=tenant) for tenant in ("acme", "other")]
    await ann.made("/flats", number=1)

    assert (await ann.ask("POST", "/flats", {"number": 1})).status == 409
    assert (await eve.made("/flats", number=1))["company"] == "other"


async def test_no_caller_says_whose_a_record_is(neighbours: Neighbours) -> None:
    ann = await signed_caller(neighbours.client, "ann", tenant="acme")
    flat = await ann.made("/flats", number=1)

    for method, path in (("POST", "/flats"), ("PATCH", f"/flats/{flat['id']}"), ("PUT", f"/flats/{flat['id']}")):
        refused = await ann.ask(method, path, {"number": 2, "company": "other"})
        assert (refused.status, refused.faults) == (422, [("/company", "read_only")]), method


async def test_who_has_no_tenant_has_no_records_of_one(neighbours: Neighbours) -> None:
    refused = await neighbours.ada.ask("GET", "/flats")

    assert refused.status == 403
    assert refused.json["detail"] == "These records are kept apart by tenant, and your credential names none."


async def test_ones_own_within_a_tenant_takes_both(neighbours: Neighbours) -> None:
    ann, ben = [await signed_caller(neighbours.client, name, tenant="acme") for name in ("ann", "ben")]
    elsewhere = await signed_caller(neighbours.client, "ann", tenant="other")
    books, their_books = [
        await signed_caller(neighbours.client, "bea", "books", tenant=one) for one in ("acme", "other")
    ]
    flat = await ann.made("/flats", number=1)

    bill = await ann.made("/bills", flat_id=flat["id"], text="rent")

    assert [await who.shown("/bills") for who in (ann, books)] == [[bill], [bill]]
    assert [await who.shown("/bills") for who in (ben, elsewhere, their_books)] == [[], [], []]
    refused = await elsewhere.ask("POST", "/bills", {"flat_id": flat["id"]})
    assert refused.status == 409


async def test_a_person_of_one_tenant_is_not_its_namesake_of_another(neighbours: Neighbours) -> None:
    namesake = await signed_caller(neighbours.client, "ada", tenant="other")
    hers = await neighbours.ada.made("/pads", title="a", shelf=1)

    assert await namesake.shown("/pads") == []
    assert (await namesake.ask("GET", f"/pads/{hers['id']}")).status == 404


async def test_a_routes_store_holds_what_the_caller_may_touch(neighbours: Neighbours) -> None:
    await neighbours.ada.made("/pads", title="a", shelf=1)
    await neighbours.bob.made("/pads", title="b", shelf=2)

    shown = {
        name: [one["title"] for one in (await who.ask("GET", path)).json]
        for name, who, path in (
            ("ada's", neighbours.ada, "/titles"),
            ("bob's", neighbours.bob, "/titles"),
            ("all", neighbours.staff, "/titles"),
            ("the service's", neighbours.ada, "/titles/all"),
        )
    }

    assert shown == {"ada's": ["a"], "bob's": ["b"], "all": ["a", "b"], "the service's": ["a", "b"]}


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "once"}], ids=["without a key", "with a key"])
async def test_what_a_route_makes_is_the_callers(neighbours: Neighbours, headers: dict[str, str]) -> None:
    begun = await neighbours.ada.ask("POST", "/begin", {"title": "new"}, **headers)

    assert begun.status == 201
    assert await neighbours.ada.shown("/pads") == [begun.json]
    assert [sheet["pad_id"] for sheet in await neighbours.ada.shown("/sheets")] == ids([begun.json])
    assert await neighbours.bob.shown("/pads") == []


async def test_a_key_of_one_caller_repeats_nothing_of_anothers(neighbours: Neighbours) -> None:
    pad = {"title": "a", "shelf": 1}
    hers = await neighbours.ada.ask("POST", "/pads", pad, Idempotency_Key="same-for-both")

    his = await neighbours.bob.ask("POST", "/pads", {**pad, "shelf": 2}, Idempotency_Key="same-for-both")

    assert (hers.status, his.status) == (201, 201)
    assert await neighbours.bob.shown("/pads") == [his.json]


async def test_no_cursor_leads_to_anothers(neighbours: Neighbours) -> None:
    for shelf in range(3):
        await neighbours.ada.made("/pads", title="a", shelf=shelf + 1)
        await neighbours.bob.made("/pads", title="b", shelf=shelf + 11)
    cursor = (await neighbours.ada.ask("GET", "/pads?limit=1")).json["next"]

    followed = await neighbours.bob.shown(f"/pads?cursor={cursor}")

    assert {pad["title"] for pad in followed} <= {"b"}


def _told(reply: Reply) -> dict[str, Any]:
    """What an answer says apart from which request it answers."""
    told = reply.json if reply.body else {}
    return {name: value for name, value in told.items() if name not in ("request_id", "trace_id")}

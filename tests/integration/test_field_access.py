"""Who sees and sets a single field, on every path: what is hidden is neither shown, searched, sorted nor set."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.field_gallery import declaration
from tests.integration.rest_client import Client, served_service
from tests.integration.signed_callers import SignedCaller, signed_caller

HIDDEN = {"cost", "diary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    client: Client
    nobody: SignedCaller
    ada: SignedCaller
    staff: SignedCaller


@pytest.fixture
async def visitors(database: str) -> AsyncIterator[Visitors]:
    async with served_service(declaration(), database) as client:
        yield Visitors(
            client=client,
            nobody=SignedCaller(client),
            ada=await signed_caller(client, "ada"),
            staff=await signed_caller(client, "sue", "staff"),
        )


def names(record: Any) -> set[str]:
    return {"title", "price", "cost", "status", "visits", "diary"} & set(record)


async def test_a_field_is_shown_to_those_who_may_see_it(visitors: Visitors) -> None:
    made = await visitors.staff.made("/pictures", title="Sea", cost="4.00")
    path = f"/pictures/{made['id']}"

    seen = {
        name: [(await who.ask("GET", path)).json, *await who.shown("/pictures")]
        for name, who in (("nobody", visitors.nobody), ("ada", visitors.ada), ("staff", visitors.staff))
    }

    open_to_all = {"title", "price", "status", "visits"}
    assert {name: [names(record) for record in records] for name, records in seen.items()} == {
        "nobody": [open_to_all] * 2,
        "ada": [open_to_all] * 2,
        "staff": [open_to_all | {"cost"}] * 2,
    }


async def test_what_a_write_shows_has_no_more_than_a_read(visitors: Visitors) -> None:
    made = await visitors.ada.made("/pictures", title="Sea")
    path = f"/pictures/{made['id']}"
    patched = await visitors.ada.ask("PATCH", path, {"price": "11.00"})
    put = await visitors.ada.ask("PUT", path, {"price": "12.00"})
    kept = await visitors.ada.ask("POST", "/pictures", {"title": "Sky"}, Idempotency_Key="sky-1")
    repeated = await visitors.ada.ask("POST", "/pictures", {"title": "Sky"}, Idempotency_Key="sky-1")

    assert (patched.status, put.status, kept.status) == (200, 200, 201)
    for record in (made, patched.json, put.json, kept.json):
        assert not HIDDEN & set(record)
    assert (repeated.body, repeated.etag) == (kept.body, kept.etag)


async def test_no_repeat_shows_what_a_credential_with_other_roles_was_shown(visitors: Visitors) -> None:
    staff_too = await signed_caller(visitors.client, "ada", "staff")
    picture = {"title": "Sea", "price": "1.00"}
    shown = await staff_too.ask("POST", "/pictures", picture, Idempotency_Key="sea-1")

    repeated = await visitors.ada.ask("POST", "/pictures", picture, Idempotency_Key="sea-1")

    assert ("cost" in shown.json, repeated.status) == (True, 422)
    assert repeated.json["type"] == "urn:mainstay:problem:key_reused"


async def test_an_owner_confined_to_its_own_sees_what_is_for_owners(visitors: Visitors) -> None:
    made = await visitors.ada.made("/own-pictures", title="Sea", diary="grey")

    assert made["diary"] == "grey"
    assert "diary" not in (await visitors.ada.ask("GET", f"/pictures/{made['id']}")).json


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cost=4.00", "unknown_parameter"),
        ("cost[gt]=0", "unknown_parameter"),
        ("sort=-cost", "unknown_field"),
        ("fields=id,cost", "unknown_field"),
    ],
)
async def test_nobody_searches_by_what_it_may_not_see(visitors: Visitors, query: str, code: str) -> None:
    await visitors.staff.made("/pictures", title="Sea", cost="4.00")

    refused = await visitors.ada.ask("GET", f"/pictures?{query}")
    taken = await visitors.staff.ask("GET", f"/pictures?{query}")

    assert (refused.status, [found for _, found in refused.faults]) == (400, [code])
    assert (taken.status, len(taken.json["items"])) == (200, 1)


async def test_a_record_that_is_expanded_hides_what_it_hides(visitors: Visitors) -> None:
    painter = await visitors.staff.made("/painters", name="Ann", address="Hill Road")
    made = await visitors.staff.made("/pictures", title="Sea", painter_id=painter["id"])
    path = f"/pictures/{made['id']}?expand=painter"

    shown = [(await who.ask("GET", path)).json["painter"] for who in (visitors.ada, visitors.staff)]

    assert ["address" in one for one in shown] == [False, True]


async def test_outside_its_fence_a_key_is_shown_what_anybody_is(visitors: Visitors) -> None:
    painter = await visitors.staff.made("/painters", name="Ann", address="Hill Road")
    made = await visitors.staff.made("/pictures", title="Sea", painter_id=painter["id"])
    fenced = await signed_caller(visitors.client, "sue", "staff", resources=("pictures",))

    shown = (await fenced.ask("GET", f"/pictures/{made['id']}?expand=painter")).json

    assert (shown["painter"]["name"], "address" in shown["painter"], "cost" in shown) == ("Ann", False, True)


@pytest.mark.parametrize("name", ["cost", "status", "visits"])
async def test_nobody_sets_what_it_may_not(visitors: Visitors, name: str) -> None:
    value: Any = {"cost": "9.00", "status": "sold", "visits": 7}[name]
    made = await visitors.staff.made("/pictures", title="Sea")
    path = f"/pictures/{made['id']}"

    refusals = [
        await visitors.ada.ask("POST", "/pictures", {"title": "Sky", name: value}),
        await visitors.ada.ask("PATCH", path, {name: value}),
        await visitors.ada.ask("PUT", path, {name: value}),
        await visitors.ada.ask("PUT", path, {"title": "Sky", name: value}, If_None_Match="*"),
    ]

    assert [(one.status, one.faults[-1]) for one in refusals] == [(422, (f"/{name}", "read_only"))] * 4
    assert (await visitors.staff.ask("GET", path)).json == made


async def test_those_who_may_set_a_field_do(visitors: Visitors) -> None:
    made = await visitors.ada.made("/pictures", title="Sea")

    changed = await visitors.staff.ask("PATCH", f"/pictures/{made['id']}", {"status": "sold", "cost": "3.00"})

    assert (changed.json["status"], changed.json["cost"]) == ("sold", "3.00")


async def test_a_put_leaves_what_its_caller_may_not_set(visitors: Visitors) -> None:
    made = await visitors.staff.made("/pictures", title="Sea", cost="4.00", status="sold", price="20.00")
    path = f"/pictures/{made['id']}"

    await visitors.ada.ask("PUT", path, {"price": "30.00"})
    await visitors.ada.ask("PUT", path, {})

    now = (await visitors.staff.ask("GET", path)).json
    assert {name: now[name] for name in ("title", "cost", "status", "price")} == {
        "title": "Sea",
        "cost": "4.00",
        "status": "sold",
        "price": "10.00",
    }


async def test_what_is_written_once_is_refused_later(visitors: Visitors) -> None:
    made = await visitors.ada.made("/pictures", title="Sea")
    path = f"/pictures/{made['id']}"

    for method in ("PATCH", "PUT"):
        refused = await visitors.ada.ask(method, path, {"title": "Sky"})
        assert (refused.status, refused.faults) == (422, [("/title", "read_only")]), method
    assert (await visitors.ada.ask("POST", "/pictures", {})).faults == [("/title", "missing")]


async def test_rules_that_look_at_several_fields_hold_in_a_put_of_some(visitors: Visitors) -> None:
    made = await visitors.ada.made("/frames", width=3, depth=2)
    path = f"/frames/{made['id']}"

    deeper = await visitors.ada.ask("PUT", path, {"depth": 4})
    flat = await visitors.ada.ask("PUT", path, {"height": 5})

    assert deeper.status == 422
    assert (flat.status, flat.json["width"], flat.json["height"], flat.json["depth"]) == (200, 3, 5, 1)


async def test_records_that_show_less_have_other_tags(visitors: Visitors) -> None:
    made = await visitors.staff.made("/pictures", title="Sea")
    path = f"/pictures/{made['id']}"
    hers, theirs = [(await who.ask("GET", path)).etag for who in (visitors.ada, visitors.staff)]

    assert hers != theirs
    assert (await visitors.ada.ask("GET", path, If_None_Match=hers)).status == 304
    assert (await visitors.ada.ask("GET", path, If_None_Match=theirs)).status == 200


async def test_a_tag_of_a_record_that_shows_less_is_good_for_a_change(visitors: Visitors) -> None:
    made = await visitors.staff.made("/pictures", title="Sea")
    path = f"/pictures/{made['id']}"
    tag = (await visitors.ada.ask("GET", path)).etag

    changed = await visitors.ada.ask("PATCH", path, {"price": "11.00"}, If_Match=tag)
    late = await visitors.ada.ask("PUT", path, {"price": "12.00"}, If_Match=tag)
    again = await visitors.ada.ask("PUT", path, {"price": "12.00"}, If_Match=changed.etag)

    assert (changed.status, late.status, again.status) == (200, 412, 200)
    assert late.etag == changed.etag
    assert (await visitors.ada.ask("DELETE", path, If_Match=again.etag)).status == 204


async def test_no_shared_cache_keeps_what_is_not_for_all_alike(visitors: Visitors) -> None:
    made = await visitors.staff.made("/pictures", title="Sea")

    answers = [
        await who.ask("GET", path)
        for who in (visitors.nobody, visitors.staff)
        for path in ("/pictures", f"/pictures/{made['id']}")
    ]

    assert [answer.headers["Cache-Control"].split(",")[0] for answer in answers] == ["public"] * 2 + ["private"] * 2
    assert all("Authorization" in answer.headers["Vary"] for answer in answers)

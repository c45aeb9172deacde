"""A write that brings a key is done once: its repeats are answered with what the first was answered."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from telemetry.events import IdempotencyDecided
from tests.integration.locked_tables import locked, until_waiting
from tests.integration.rest_client import Client, Reply
from tests.integration.sql import run_sql

KEY = "6f1c0e0a-5c5e-4f57-9f51-0b8f6a1f6a53"
MERGING = {"Content-Type": "application/merge-patch+json"}


async def keyed(client: Client, method: str, path: str, json: object, *, key: str = KEY, **headers: str) -> Reply:
    sent = {"Idempotency-Key": key, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await client.send(method, path, json=json, headers=sent)


def outcomes(client: Client) -> list[str]:
    return [event.outcome for event in client.events.of(IdempotencyDecided)]


def answer(reply: Reply) -> tuple[Any, ...]:
    """All of an answer that a repeat must have too."""
    kept = ("ETag", "Location", "Content-Type", "Cache-Control", "X-Made")
    return (reply.status, reply.body, [reply.headers.get(name) for name in kept])


async def test_a_create_that_is_repeated_is_answered_as_it_was_and_makes_one_record(warehouse: Client) -> None:
    first = await keyed(warehouse, "POST", "/things", {"name": "one", "stock": 1})
    again = await keyed(warehouse, "POST", "/things", {"name": "one", "stock": 1})

    assert answer(again) == answer(first)
    assert (first.status, first.headers.get("Idempotent-Replayed")) == (201, None)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len((await warehouse.get("/things")).json["items"]) == 1
    assert outcomes(warehouse) == ["stored", "replayed"]


async def test_a_record_that_postgres_numbers_is_made_once(warehouse: Client) -> None:
    await warehouse.made("/makers", maker_id=1, name="in the way")

    replies = [await keyed(warehouse, "POST", "/makers", {"name": "one"}) for _ in range(3)]

    assert [reply.json["maker_id"] for reply in replies] == [2, 2, 2]
    assert await warehouse.count() == 2


@pytest.mark.parametrize(
    ("patch", "headers"),
    [
        ({"stock": 7}, {}),
        ({"stock": 7}, {"If_Match": "the first"}),
        ({"stock": 7}, {"If_Match": "the first and another"}),
        ({"size": {"height": 9}}, {}),
        ({"size": {"height": 9}}, {"If_Match": "the first"}),
        ({}, {}),
    ],
)
async def test_a_patch_that_is_repeated_is_answered_as_it_was_though_the_record_has_gone(
    warehouse: Client, patch: dict[str, object], headers: dict[str, str]
) -> None:
    made = await warehouse.post("/things", {"name": "one", "stock": 1, "size": {"width": "1.5"}})
    path = f"/things/{made.json['id']}"
    tags = {"the first": made.etag, "the first and another": f'{made.etag}, "another"'}
    sent = {name: tags[value] for name, value in headers.items()}

    first = await keyed(warehouse, "PATCH", path, patch, **sent)
    await warehouse.send("DELETE", path)
    again = await keyed(warehouse, "PATCH", path, patch, **sent)

    assert first.status == 200, first.body
    assert answer(again) == answer(first)
    assert (await warehouse.get(path)).status == 404


async def test_a_route_that_is_repeated_does_nothing_again(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one", stock=5)
    sale = {"quantity": 2, "paid": "1", "note": "shop"}

    first = await keyed(warehouse, "POST", f"/things/{thing['id']}/sell", sale)
    again = await keyed(warehouse, "POST", f"/things/{thing['id']}/sell", sale)

    assert (first.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert answer(again) == answer(first)
    assert (await warehouse.get(f"/things/{thing['id']}")).json["stock"] == 3


async def test_a_handler_can_go_on_after_a_write_that_failed_with_a_key_as_without(warehouse: Client) -> None:
    plain = await warehouse.post("/stubborn", {"text": "plain"})
    first = await keyed(warehouse, "POST", "/stubborn", {"text": "keyed"})
    again = await keyed(warehouse, "POST", "/stubborn", {"text": "keyed"})

    assert (plain.status, first.status, first.body) == (202, 202, b"\x00\xff")
    assert answer(again) == answer(first)
    found = (await warehouse.get("/makers?sort=name")).json["items"]
    assert [(maker["name"], maker["country"]) for maker in found] == [("keyed", "again"), ("plain", "again")]


async def test_what_fails_is_not_kept_and_its_repeat_is_tried(warehouse: Client) -> None:
    await warehouse.made("/makers", name="taken")

    refused = await keyed(warehouse, "POST", "/makers", {"name": "taken"})
    await warehouse.empty()
    made = await keyed(warehouse, "POST", "/makers", {"name": "taken"})

    assert (refused.status, made.status, made.headers.get("Idempotent-Replayed")) == (409, 201, None)


async def test_a_route_that_fails_undoes_all_and_its_repeat_is_tried(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one", stock=1)
    sale = {"quantity": 2, "paid": "1", "note": "shop"}

    refused = await keyed(warehouse, "POST", f"/things/{thing['id']}/sell", sale)
    await warehouse.send("PATCH", f"/things/{thing['id']}", json={"stock": 2}, headers=MERGING)
    sold = await keyed(warehouse, "POST", f"/things/{thing['id']}/sell", sale)

    assert (refused.status, sold.status) == (422, 201)
    assert [maker["name"] for maker in (await warehouse.get("/makers")).json["items"]] == ["shop"]


@pytest.mark.parametrize("other", [{"name": "two"}, {"name": "one", "country": "CH"}])
async def test_a_key_that_comes_with_another_request_is_refused(warehouse: Client, other: dict[str, str]) -> None:
    await keyed(warehouse, "POST", "/makers", {"name": "one"})

    reply = await keyed(warehouse, "POST", "/makers", other)

    assert (reply.status, reply.json["type"]) == (422, "urn:mainstay:problem:key_reused")
    assert outcomes(warehouse) == ["stored", "reused"]


async def test_a_key_is_another_one_at_another_address(warehouse: Client) -> None:
    first = await warehouse.made("/things", name="one", stock=1)
    second = await warehouse.made("/things", name="two", stock=1)

    there = await keyed(warehouse, "PATCH", f"/things/{first['id']}", {"stock": 9})
    elsewhere = await keyed(warehouse, "PATCH", f"/things/{second['id']}", {"stock": 9})
    otherwise = await keyed(warehouse, "POST", "/makers", {"name": "one"})

    assert [there.status, elsewhere.status, otherwise.status] == [200, 422, 201]
    assert (await warehouse.get(f"/things/{second['id']}")).json["stock"] == 1


DONE_A_MOMENT_LATER = """
    CREATE TABLE aside AS TABLE mainstay_internal.kept_answer;
    DELETE FROM mainstay_internal.kept_answer;
    CREATE TABLE gate ();
    CREATE FUNCTION pass_the_gate() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN LOCK TABLE gate IN ACCESS SHARE MODE; RETURN NULL; END $$;
    CREATE TRIGGER gate BEFORE INSERT ON maker EXECUTE FUNCTION pass_the_gate()
"""
"""What was kept is put aside; an insert has begun, and looked at what there is, when it comes to the gate."""
DONE_NOW = "INSERT INTO mainstay_internal.kept_answer TABLE aside"
CLEARED_AWAY = "DROP TABLE aside, gate; DROP FUNCTION pass_the_gate CASCADE"
NEW_MAKER = {"/makers": {"name": "one"}, "/stubborn": {"text": "one"}}


@pytest.mark.parametrize("path", NEW_MAKER)
async def test_of_many_at_once_one_is_done(warehouse: Client, path: str) -> None:
    replies = await asyncio.gather(*(keyed(warehouse, "POST", path, NEW_MAKER[path]) for _ in range(50)))

    told = Counter(reply.body[:300] for reply in replies)
    done = {reply.body for reply in replies if reply.status in (201, 202)}
    refused = {reply.json["type"].rpartition(":")[2] for reply in replies if reply.body not in done}
    assert len(done) == 1, told
    assert refused <= {"key_in_flight", "overloaded"}, told
    assert len((await warehouse.get("/makers")).json["items"]) == 1


@pytest.mark.parametrize(
    ("path", "sent", "gate"),
    [
        ("/makers", {"maker_id": 7, "name": "one"}, "gate"),
        ("/stubborn", {"text": "one"}, "mainstay_internal.kept_answer"),
    ],
)
async def test_one_that_looked_before_the_first_was_done_and_began_after_is_its_repeat(
    warehouse: Client, path: str, sent: dict[str, object], gate: str
) -> None:
    first = await keyed(warehouse, "POST", path, sent)
    await run_sql(warehouse.dsn, DONE_A_MOMENT_LATER)
    with locked(warehouse.dsn, gate, mode="ACCESS EXCLUSIVE", at_last=DONE_NOW):
        repeat = asyncio.create_task(keyed(warehouse, "POST", path, sent))
        await until_waiting(warehouse.dsn, 1)

    again = await repeat

    await run_sql(warehouse.dsn, CLEARED_AWAY)
    assert (answer(again), again.headers.get("Idempotent-Replayed")) == (answer(first), "true")


async def test_a_repeat_is_told_to_wait_while_the_first_is_worked_on(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one", stock=5)
    path, sale = f"/things/{thing['id']}/sell", {"quantity": 2, "paid": "1", "note": "shop"}
    with locked(warehouse.dsn, "maker"):
        first = asyncio.create_task(keyed(warehouse, "POST", path, sale))
        await until_waiting(warehouse.dsn, 1)

        refused = await keyed(warehouse, "POST", path, sale)

    again = await keyed(warehouse, "POST", path, sale) if (await first).status == 201 else None
    assert (refused.status, refused.json["type"]) == (409, "urn:mainstay:problem:key_in_flight")
    assert (refused.json["retryable"], refused.headers["Retry-After"]) == (True, "1")
    assert again is not None
    assert answer(again) == answer(await first)
    assert outcomes(warehouse) == ["in_flight", "stored", "replayed"]


@pytest.mark.parametrize("key", ["", " ", "two words", "ü", '"half', "x" * 256, '""'])
async def test_what_is_no_key_is_refused(warehouse: Client, key: str) -> None:
    reply = await keyed(warehouse, "POST", "/makers", {"name": "one"}, key=key)

    assert (reply.status, reply.faults) == (400, [("Idempotency-Key", "invalid_key")])
    assert await warehouse.count() == 0


async def test_quotes_around_a_key_are_no_part_of_it(warehouse: Client) -> None:
    await keyed(warehouse, "POST", "/makers", {"name": "one"}, key=f'"{KEY}"')

    assert (await keyed(warehouse, "POST", "/makers", {"name": "one"})).headers["Idempotent-Replayed"] == "true"


async def test_a_route_that_needs_a_key_refuses_a_request_without_one(warehouse: Client) -> None:
    refused = await warehouse.post("/careful", {"text": "one"})
    done = await keyed(warehouse, "POST", "/careful", {"text": "one"})

    assert (refused.status, refused.faults, done.status) == (400, [("Idempotency-Key", "missing")], 202)


async def test_a_method_that_is_idempotent_by_itself_takes_no_key(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one", stock=1)

    replies = [await keyed(warehouse, "DELETE", f"/things/{thing['id']}", ...) for _ in range(2)]

    assert [reply.status for reply in replies] == [204, 404]
    assert outcomes(warehouse) == []

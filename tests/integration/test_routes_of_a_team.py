"""A team's own routes: what they take is checked, what they return is rendered, what fails is undone."""

from typing import Any

import pytest

from telemetry.events import ExceptionCaught
from tests.integration.rest_client import Client

MISSING = "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"


async def test_a_handler_reads_writes_and_answers_in_the_wire_form(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one", stock=5, price="9.9", size={"width": "1.50"})

    reply = await warehouse.post(f"/things/{thing['id']}/sell", {"quantity": 2, "paid": 19.8, "note": "shop"})

    found = await warehouse.get(f"/things/{thing['id']}")
    assert (reply.status, reply.headers["Content-Type"]) == (201, "application/json")
    assert reply.body.startswith(b'{"thing":%b,"sale":' % found.body.replace(b": ", b":").replace(b", ", b","))
    assert reply.json == {
        "thing": {**thing, "stock": 3, "version": 2, "updated_at": found.json["updated_at"]},
        "sale": {"quantity": 2, "paid": "19.8", "note": "shop"},
        "due": "0.00",
        "at": "0042-03-01T09:00:00.500000Z",
    }
    assert [maker["name"] for maker in (await warehouse.get("/makers")).json["items"]] == ["shop"]


async def test_nothing_is_kept_of_a_transaction_that_fails(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one", stock=1)

    refused = await warehouse.post(f"/things/{thing['id']}/sell", {"quantity": 2, "paid": "1", "note": "shop"})
    taken = [
        await warehouse.post(f"/things/{thing['id']}/sell", {"quantity": 1, "paid": "1", "note": note}) for note in "aa"
    ]

    assert (refused.status, refused.faults) == (422, [("/stock", "greater_than_equal")])
    assert [(reply.status, reply.faults if reply.status > 400 else []) for reply in taken] == [
        (201, []),
        (409, [("/name", "unique")]),
    ]
    assert (await warehouse.get(f"/things/{thing['id']}")).json["stock"] == 0
    assert [maker["name"] for maker in (await warehouse.get("/makers")).json["items"]] == ["a"]


async def test_a_bug_undoes_what_was_written_and_tells_nothing(warehouse: Client) -> None:
    reply = await warehouse.post("/half", ...)

    assert (reply.status, reply.json["type"]) == (500, "urn:mainstay:problem:internal")
    assert b"hunter2" not in reply.body
    assert [caught.error_type for caught in warehouse.events.of(ExceptionCaught)] == ["LookupError"]
    assert await warehouse.count() == 0


@pytest.mark.parametrize("path", ["/lie", "/silence"])
async def test_something_else_than_was_declared_is_a_bug(warehouse: Client, path: str) -> None:
    reply = await warehouse.get(path)

    assert (reply.status, reply.json["detail"]) == (500, "Something went wrong on our side; it has been recorded.")
    assert b"hunter2" not in reply.body
    assert [caught.error_type for caught in warehouse.events.of(ExceptionCaught)] == ["TypeError"]


async def test_a_refusal_of_the_handler_s_own_keeps_its_words(warehouse: Client) -> None:
    reply = await warehouse.get("/refuse")

    assert (reply.status, reply.json["detail"], reply.headers["X-Price"]) == (402, "Pay first.", "5")
    assert warehouse.events.of(ExceptionCaught) == []


async def test_a_query_becomes_the_model_a_route_declares(warehouse: Client) -> None:
    for price, day in ((3, "2026-01-02"), (1, "2026-01-03"), (2, "2025-01-01"), (5, None)):
        await warehouse.made("/things", name=f"{price}", price=price, day=day)

    reply = await warehouse.get("/things/cheapest?since=2026-01-01&limit=2")

    assert [thing["name"] for thing in reply.json] == ["1", "3"]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("", [("since", "missing")]),
        (
            "since=x&limit=11&sinc=1",
            [("sinc", "unknown_parameter"), ("since", "date_parsing"), ("limit", "less_than_equal")],
        ),
        ("since=2026-01-01&since=2026-01-02", [("since", "repeated")]),
        ("since=%FF", [("since", "invalid_unicode"), ("since", "missing")]),
        ("since=2026-01-01&%00=1", [("\0", "nul_character")]),
        ("since=2026-01-01&limit=1_0", [("limit", "int_parsing")]),
    ],
)
async def test_all_faults_of_a_query_come_at_once(warehouse: Client, query: str, faults: Any) -> None:
    reply = await warehouse.get(f"/things/cheapest?{query}")

    assert (reply.status, reply.faults) == (400, faults)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (
            b'{"quantity":0,"paid":"x","note":5}',
            [("/quantity", "greater_than_equal"), ("/paid", "decimal_parsing"), ("/note", "string_type")],
        ),
        (b'{"quantity":1,"paid":"1","note":"\\u0000"}', [("/note", "nul_character")]),
        (b'{"quantity":"1","paid":"1","note":"\\u0000"}', [("/note", "nul_character"), ("/quantity", "int_type")]),
        (b'{"quantity":1,"paid":0.10000000000000000555}', [("/paid", "decimal_inexact")]),
        (b'{"quantity":1,"paid":"1_0"}', [("/paid", "decimal_parsing")]),
        (b"[]", [("", "model_type")]),
        (b"null", [("", "model_type")]),
    ],
)
async def test_all_faults_of_a_body_come_at_once(warehouse: Client, body: bytes, faults: Any) -> None:
    headers = {"Content-Type": "application/json"}
    reply = await warehouse.send("POST", f"/things/{MISSING}/sell", body=body, headers=headers)

    assert (reply.status, reply.faults) == (422, faults)


@pytest.mark.parametrize("body", [b'{"quantity":1,"quantity":1,"paid":"1"}', b'{"quantity":1,"paid":NaN}', b"", b"{"])
async def test_a_body_is_guarded_as_everywhere(warehouse: Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    reply = await warehouse.send("POST", f"/things/{MISSING}/sell", body=body, headers=headers)

    assert (reply.status, len(reply.faults)) == (400, 1)


async def test_a_key_in_a_route_s_path_is_checked_as_the_resource_s_own(warehouse: Client) -> None:
    wrong = await warehouse.post("/things/x/sell", {"quantity": 1, "paid": "1"})
    missing = await warehouse.post(f"/things/{MISSING}/sell", {"quantity": 1, "paid": "1"})

    assert (wrong.status, wrong.faults) == (404, [("id", "uuid_parsing")])
    assert (missing.status, missing.faults) == (404, [])


async def test_other_parameters_of_a_path_are_texts(warehouse: Client) -> None:
    reply = await warehouse.get("/echo/a%2Fb/%7Bx%7D%20%C3%A9")
    broken = [await warehouse.get("/echo/a/%FF"), await warehouse.get("/echo/%00/b")]

    assert reply.json == {"first": "a/b", "second": "{x} é"}
    assert [(one.status, one.faults) for one in broken] == [
        (404, [("first", "invalid_unicode")]),
        (404, [("first", "nul_character")]),
    ]


async def test_a_handler_that_returns_nothing_answers_nothing(warehouse: Client) -> None:
    thing = await warehouse.made("/things", name="one")

    reply = await warehouse.send("DELETE", f"/things/{thing['id']}/memory")

    assert (reply.status, reply.body, await warehouse.count()) == (204, b"", 0)


async def test_a_route_takes_only_the_parameters_it_declares(warehouse: Client) -> None:
    reply = await warehouse.get("/refuse?x=1")

    assert (reply.status, reply.faults) == (400, [("x", "unknown_parameter")])


async def test_a_static_path_goes_before_a_record(warehouse: Client) -> None:
    assert (await warehouse.get("/things/cheapest?since=2026-01-01")).json == []

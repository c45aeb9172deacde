"""Single records: made, read, replaced, patched and deleted over HTTP, with all that can be wrong."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from telemetry.events import DependencyCalled, ExceptionCaught
from tests.integration.rest_client import Client

MISSING = "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"
MERGE = {"Content-Type": "application/merge-patch+json"}


async def test_what_is_made_is_found_where_the_answer_says(warehouse: Client) -> None:
    made = await warehouse.post("/things", {"name": "one", "price": "9.9", "size": {"width": "1.50"}})

    found = await warehouse.get(made.headers["Location"])

    assert (made.status, made.headers["Location"]) == (201, f"/things/{made.json['id']}")
    assert (found.status, found.body, found.etag) == (200, made.body, made.etag)
    assert made.json == {
        "id": made.json["id"],
        "name": "one",
        "sku": None,
        "count": 0,
        "stock": 0,
        "price": "9.90",
        "ratio": None,
        "weight": None,
        "sold": False,
        "made_at": None,
        "day": None,
        "batch": None,
        "colour": "red",
        "state": None,
        "rating": 3,
        "grade": None,
        "tags": [],
        "sizes": [],
        "size": {"width": "1.50", "height": 3, "measured_at": None},
        "extra": {},
        "shelf": None,
        "position": None,
        "maker_id": None,
        "category_code": None,
        "version": 1,
        "created_at": made.json["created_at"],
        "updated_at": made.json["created_at"],
    }


@pytest.mark.parametrize(
    "key", ["a", "a/b", "a b", "é✓", "{x}", "%2F", "%", "a?b#c", "...", "a\nb", "~", "+", "\u202e", "." * 3]
)
async def test_any_text_is_a_key_that_its_location_leads_to(warehouse: Client, key: str) -> None:
    made = await warehouse.post("/categories", {"code": key, "title": "x"})

    found = await warehouse.get(made.headers["Location"])
    patched = await warehouse.send("PATCH", made.headers["Location"], json={"title": "y"})
    deleted = await warehouse.send("DELETE", made.headers["Location"])

    assert (made.status, found.json["code"], patched.json["title"], deleted.status) == (201, key, "y", 204)


@pytest.mark.parametrize("key", ["", ".", "..", "x" * 501, "é" * 251])
async def test_a_key_that_no_address_can_name_is_refused(warehouse: Client, key: str) -> None:
    reply = await warehouse.post("/categories", {"code": key})

    assert (reply.status, [place for place, _ in reply.faults]) == (422, ["/code"])


async def test_a_head_is_a_get_without_its_body(warehouse: Client) -> None:
    made = await warehouse.post("/makers", {"name": "one"})

    for path in ("/makers", "/makers/1"):
        got, head = await warehouse.get(path), await warehouse.send("HEAD", path)

        differing = {"X-Request-ID", "traceparent", "Server-Timing", "Date", "RateLimit"}
        assert {name: head.headers[name] for name in head.headers if name not in differing} == {
            name: got.headers[name] for name in got.headers if name not in differing
        }
        assert (head.status, head.body, int(head.headers["Content-Length"])) == (200, b"", len(got.body))
    assert made.status == 201


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/makers", "GET, POST, HEAD, OPTIONS"),
        ("/makers/1", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("/public/things", "GET, HEAD, OPTIONS"),
        ("/half", "POST, OPTIONS"),
    ],
)
async def test_options_tells_the_methods_and_so_does_a_405(warehouse: Client, path: str, allowed: str) -> None:
    options = await warehouse.send("OPTIONS", path)
    refused = await warehouse.send("TRACE", path)

    assert (options.status, options.headers["Allow"], options.body) == (204, allowed, b"")
    assert (refused.status, set(refused.headers["Allow"].split(","))) == (405, set(allowed.split(", ")))
    assert refused.json["type"] == "urn:mainstay:problem:method_not_allowed"


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/nothing", ""),
        ("/makers/1/2", ""),
        ("/makers/", " Did you mean /makers?"),
        ("/makers//", " Did you mean /makers?"),
        ("/makers/1/", " Did you mean /makers/{maker_id}?"),
        ("/Makers", " Did you mean /makers?"),
        ("/makers/../makers", " Did you mean /makers?"),
        ("//makers", " Did you mean /makers?"),
        ("/maker", " Did you mean /makers?"),
        ("/doc", " Did you mean /docs?"),
    ],
)
async def test_an_unknown_address_is_a_problem_that_says_what_was_meant(
    warehouse: Client, path: str, meant: str
) -> None:
    reply = await warehouse.get(path)

    assert (reply.status, reply.headers["Content-Type"]) == (404, "application/problem+json")
    assert reply.json == {
        "type": "urn:mainstay:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": f"There is nothing here.{meant}",
        "request_id": reply.headers["X-Request-ID"],
        "trace_id": reply.headers["traceparent"].split("-")[1],
        "retryable": False,
    }


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/makers/x", "int_parsing"),
        ("/makers/1.0", "int_parsing"),
        ("/makers/9223372036854775808", "int_parsing"),
        (f"/makers/{10**30}", "int_parsing"),
        ("/makers/%D9%A1", "int_parsing"),
        ("/makers/1%00", "nul_character"),
        ("/things/x", "uuid_parsing"),
        ("/things/%00", "nul_character"),
        ("/categories/%00", "nul_character"),
        ("/categories/%FF", "invalid_unicode"),
        ("/categories/%ED%A0%80", "invalid_unicode"),
        ("/categories/" + "x" * 3_000, "string_too_long"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_key_that_cannot_be_is_not_found(warehouse: Client, method: str, path: str, code: str) -> None:
    reply = await warehouse.send(method, path, json={} if method in ("PUT", "PATCH") else ...)

    key = {"makers": "maker_id", "things": "id", "categories": "code"}[path.split("/")[1]]
    assert (reply.status, reply.faults) == (404, [(key, code)])
    assert warehouse.events.of(DependencyCalled) == []


@pytest.mark.parametrize(
    "path", ["/makers/1", "/makers/9223372036854775807", "/makers/-1", f"/things/{MISSING}", "/categories/x"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_missing_record_is_not_found(warehouse: Client, method: str, path: str) -> None:
    bodies: dict[str, Any] = {"PUT": {"name": "one"} if "categories" not in path else {}, "PATCH": {}}

    reply = await warehouse.send(method, path, json=bodies.get(method, ...))

    assert (reply.status, reply.faults) == (404, [])


async def test_a_replaced_record_keeps_its_key_and_loses_what_is_left_out(warehouse: Client) -> None:
    made = await warehouse.made("/things", name="one", sku="AB-1", price="5", tags=["a"])

    reply = await warehouse.send("PUT", f"/things/{made['id']}", json={"name": "two"})

    changed: dict[str, Any] = {"name": "two", "sku": None, "price": "0.00", "tags": [], "version": 2}
    assert (reply.status, reply.json) == (200, {**made, **changed, "updated_at": reply.json["updated_at"]})
    assert reply.json["updated_at"] > made["updated_at"]


async def test_what_is_read_can_be_put_back_without_its_read_only_fields(warehouse: Client) -> None:
    made = await warehouse.made(
        "/things", name="one", ratio="1.2300", weight=0.1, size={"width": "2"}, extra={"a": [1.5]}
    )
    read_only = ("id", "version", "created_at", "updated_at")

    reply = await warehouse.send(
        "PUT", f"/things/{made['id']}", json={name: value for name, value in made.items() if name not in read_only}
    )

    assert reply.json == {**made, "version": 2, "updated_at": reply.json["updated_at"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/things/{MISSING}", {"name": "one"}),
        ("/makers/7", {"name": "one"}),
        ("/categories/a%2Fb", {"title": "x"}),
        ("/categories/a%22%7Db", {}),
        (f"/devices/{MISSING}", {"label": "x"}),
    ],
)
async def test_a_put_may_create_and_does_so_once(warehouse: Client, path: str, body: Any) -> None:
    only_new = {"If-None-Match": "*"}

    created = await warehouse.send("PUT", path, json=body, headers=only_new)
    again = await warehouse.send("PUT", path, json=body, headers=only_new)

    found = await warehouse.get(path)
    assert (created.status, created.headers["Location"], created.json["version"]) == (201, path, 1)
    assert (again.status, again.etag) == (412, created.etag)
    assert found.body == created.body


async def test_a_put_without_conditions_creates_nothing(warehouse: Client) -> None:
    reply = await warehouse.send("PUT", "/categories/new", json={"title": "x"})

    assert (reply.status, await warehouse.count()) == (404, 0)


async def test_the_key_stands_in_the_address_alone(warehouse: Client) -> None:
    await warehouse.made("/categories", code="a")

    replies = [
        await warehouse.send("PUT", "/categories/a", json={"code": "a"}),
        await warehouse.send("PATCH", "/categories/a", json={"code": "b"}),
    ]

    assert [(reply.status, reply.faults) for reply in replies] == [(422, [("/code", "read_only")])] * 2


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/things"), ("PUT", f"/things/{MISSING}"), ("PATCH", f"/things/{MISSING}")]
)
async def test_what_mainstay_sets_nobody_else_does(warehouse: Client, method: str, path: str) -> None:
    system = {"id": MISSING, "version": 7, "created_at": "2026-01-01T00:00:00Z", "updated_at": None}

    reply = await warehouse.send(method, path, json={"name": "one", **system, "owner": "me", "__class__": "x"})

    read_only = [(f"/{name}", "read_only") for name in system]
    assert (reply.status, sorted(reply.faults)) == (
        422,
        sorted([*read_only, ("/owner", "extra_forbidden"), ("/__class__", "extra_forbidden")]),
    )


async def test_all_faults_of_a_body_come_at_once(warehouse: Client) -> None:
    body = {
        "name": "",
        "sku": "x",
        "count": 2**63,
        "stock": -1,
        "price": "1.234",
        "ratio": "1_0",
        "weight": "1",
        "made_at": "1700000000",
        "colour": "purple",
        "tags": ["ok", 1, "\0"],
        "size": {"height": "tall"},
        "extra": {"a\0b": [2, "\0"]},
        "maker_id": True,
        "version": 3,
    }

    reply = await warehouse.post("/things", body)

    assert (reply.status, sorted(reply.faults)) == (
        422,
        [
            ("/colour", "enum"),
            ("/count", "integer_out_of_range"),
            ("/extra/a\0b", "nul_character"),
            ("/extra/a\0b/1", "nul_character"),
            ("/made_at", "datetime_parsing"),
            ("/maker_id", "int_type"),
            ("/name", "string_too_short"),
            ("/price", "decimal_max_places"),
            ("/ratio", "decimal_parsing"),
            ("/size/height", "int_type"),
            ("/size/width", "missing"),
            ("/sku", "string_pattern_mismatch"),
            ("/stock", "greater_than_equal"),
            ("/tags/1", "string_type"),
            ("/version", "read_only"),
            ("/weight", "float_type"),
        ],
    )


async def test_a_fault_has_a_sentence_and_never_the_value(warehouse: Client) -> None:
    reply = await warehouse.post("/things", {"name": "one", "stock": -987654, "sku": "hunter2"})

    assert reply.json["errors"] == [
        {
            "pointer": "/sku",
            "code": "string_pattern_mismatch",
            "detail": "String should match pattern '^[A-Z0-9-]{3,32}$'",
        },
        {"pointer": "/stock", "code": "greater_than_equal", "detail": "Input should be greater than or equal to 0"},
    ]
    assert b"hunter2" not in reply.body
    assert b"987654" not in reply.body


async def test_a_patch_leaves_what_it_does_not_name(warehouse: Client) -> None:
    made = await warehouse.made("/things", name="one", sku="AB-1", tags=["a", "b"], weight=1.5)

    reply = await warehouse.send("PATCH", f"/things/{made['id']}", json={"sku": None, "tags": ["c"]}, headers=MERGE)

    assert reply.json == {**made, "sku": None, "tags": ["c"], "version": 2, "updated_at": reply.json["updated_at"]}


async def test_a_patch_reaches_into_objects(warehouse: Client) -> None:
    size = {"width": "1.50", "height": 4, "measured_at": "2026-01-31T00:00:00.000000Z"}
    extra = {"kept": {"a": 1, "b": [1, 2]}, "gone": 1}
    made = await warehouse.made("/things", name="one", size=size, extra=extra)

    reply = await warehouse.send(
        "PATCH",
        f"/things/{made['id']}",
        json={
            "size": {"measured_at": None, "width": "2"},
            "extra": {"gone": None, "kept": {"b": [3], "c": {"d": None}}},
        },
    )

    assert reply.json == {
        **made,
        "size": {"width": "2", "height": 4, "measured_at": None},
        "extra": {"kept": {"a": 1, "b": [3], "c": {}}},
        "version": 2,
        "updated_at": reply.json["updated_at"],
    }


async def test_a_patch_makes_an_object_where_there_was_none(warehouse: Client) -> None:
    made = await warehouse.made("/things", name="one")

    reply = await warehouse.send("PATCH", f"/things/{made['id']}", json={"size": {"width": "2"}})
    gone = await warehouse.send("PATCH", f"/things/{made['id']}", json={"size": None})

    assert (reply.json["size"], gone.json["size"]) == ({"width": "2", "height": 3, "measured_at": None}, None)


@pytest.mark.parametrize(
    ("patch", "faults"),
    [
        ({"name": None}, [("/name", "string_type")]),
        ({"size": {"width": "x"}, "version": 1}, [("/version", "read_only"), ("/size/width", "decimal_parsing")]),
        ({"size": {"width": None}}, [("/size/width", "missing")]),
        ({"extra": {"a": "\0"}, "tags": 1}, [("/tags", "list_type"), ("/extra/a", "nul_character")]),
        ({"nothing": {"a": 1}}, [("/nothing", "extra_forbidden")]),
        ([], [("", "model_type")]),
        (None, [("", "model_type")]),
        ("x", [("", "model_type")]),
    ],
)
async def test_a_patch_must_leave_a_valid_record(warehouse: Client, patch: Any, faults: Any) -> None:
    made = await warehouse.made("/things", name="one", size={"width": "1"})

    reply = await warehouse.send("PATCH", f"/things/{made['id']}", json=patch)

    assert (reply.status, reply.faults) == (422, faults)
    assert (await warehouse.get(f"/things/{made['id']}")).json == made


async def test_an_empty_patch_changes_nothing(warehouse: Client) -> None:
    for path, values in {
        "/makers": {"name": "one"},
        "/bookings": {"begins": "2026-01-01", "ends": "2026-01-02", "room": "a"},
    }.items():
        made = await warehouse.post(path, values)

        reply = await warehouse.send("PATCH", made.headers["Location"], json={})

        assert (reply.status, reply.body, reply.etag) == (200, made.body, made.etag)


async def test_rules_over_several_fields_hold_for_a_patch_too(warehouse: Client) -> None:
    made = await warehouse.made("/bookings", begins="2026-01-10", ends="2026-01-12", room="blue")
    path = f"/bookings/{made['id']}"

    wrong = await warehouse.send("PATCH", path, json={"ends": "2026-01-10"})
    right = await warehouse.send("PATCH", path, json={"ends": "2026-01-20", "room": "red"})

    assert (wrong.status, wrong.faults) == (422, [("", "value_error")])
    assert made | {"nights": 10, "room": "RED", "ends": "2026-01-20"} == right.json | {
        "version": 1,
        "updated_at": made["updated_at"],
    }


async def test_a_list_is_no_patch_of_a_record_whose_fields_are_checked_together(warehouse: Client) -> None:
    made = await warehouse.made("/bookings", begins="2026-01-10", ends="2026-01-12", room="blue")

    reply = await warehouse.send("PATCH", f"/bookings/{made['id']}", json=[1])

    assert (reply.status, reply.faults) == (422, [("", "model_type")])


async def test_a_deleted_record_is_gone(warehouse: Client) -> None:
    await warehouse.made("/makers", name="one")

    deleted = await warehouse.send("DELETE", "/makers/1")

    assert (deleted.status, deleted.body, "Content-Type" in deleted.headers) == (204, b"", False)
    assert (await warehouse.get("/makers/1")).status == 404
    assert (await warehouse.send("DELETE", "/makers/1")).status == 404


async def test_a_record_others_refer_to_stays(warehouse: Client) -> None:
    await warehouse.made("/makers", name="one")
    await warehouse.made("/things", name="one", maker_id=1)

    reply = await warehouse.send("DELETE", "/makers/1")

    assert (reply.status, reply.faults) == (409, [("", "still_referenced")])
    assert reply.json["detail"] == "Records of thing refer to this one by maker_id."
    assert (await warehouse.get("/makers/1")).status == 200


async def test_a_reference_to_nothing_is_a_conflict(warehouse: Client) -> None:
    made = await warehouse.made("/things", name="one")
    replies = [
        await warehouse.post("/things", {"name": "two", "maker_id": 5}),
        await warehouse.send("PUT", f"/things/{made['id']}", json={"name": "two", "maker_id": -5}),
        await warehouse.send("PATCH", f"/things/{made['id']}", json={"maker_id": 5}),
        await warehouse.send(
            "PUT", f"/things/{MISSING}", json={"name": "x", "maker_id": 5}, headers={"If-None-Match": "*"}
        ),
    ]

    assert [(reply.status, reply.faults) for reply in replies] == [(409, [("/maker_id", "missing_reference")])] * 4


async def test_a_value_that_another_record_has_is_a_conflict(warehouse: Client) -> None:
    await warehouse.made("/things", name="one", sku="AB-1", shelf="a", position=1)
    made = await warehouse.made("/things", name="two", shelf="a", position=2)
    path = f"/things/{made['id']}"

    alone = [
        await warehouse.post("/things", {"name": "x", "sku": "AB-1"}),
        await warehouse.send("PATCH", path, json={"sku": "AB-1"}),
    ]
    together = await warehouse.send("PATCH", path, json={"position": 1})

    assert [(reply.status, reply.faults) for reply in alone] == [(409, [("/sku", "unique")])] * 2
    assert (together.status, together.faults) == (409, [("/shelf", "unique"), ("/position", "unique")])


async def test_a_text_key_that_is_taken_is_a_conflict(warehouse: Client) -> None:
    await warehouse.made("/categories", code="a")

    reply = await warehouse.post("/categories", {"code": "a"})

    assert (reply.status, reply.faults) == (409, [("/code", "unique")])


async def test_indexed_texts_fit_into_their_indexes(warehouse: Client) -> None:
    longest = "é" * 1_000
    fits = await warehouse.made("/things", name=longest)
    too_long = [
        await warehouse.post("/things", {"name": longest + "x"}),
        await warehouse.post("/things", {"name": "x", "shelf": "y" * 10_000, "position": 1}),
        await warehouse.post("/categories", {"code": "a", "title": "y" * 10_000}),
    ]

    assert fits["name"] == longest
    assert [(reply.status, reply.faults) for reply in too_long] == [
        (422, [("/name", "string_too_long")]),
        (422, [("/shelf", "string_too_long")]),
        (422, [("/title", "string_too_long")]),
    ]


@pytest.mark.parametrize("path", ["/makers", "/makers/1"])
async def test_a_write_takes_no_parameters(warehouse: Client, path: str) -> None:
    for method in ("POST",) if path == "/makers" else ("PUT", "PATCH", "DELETE"):
        reply = await warehouse.send(method, f"{path}?fields=name&x=%FF", json={"name": "one"})

        assert (reply.status, sorted(reply.faults)) == (
            400,
            [("fields", "unknown_parameter"), ("x", "invalid_unicode")],
        )
    assert await warehouse.count() == 0


async def test_a_record_is_shown_as_asked(warehouse: Client) -> None:
    maker = await warehouse.made("/makers", name="one")
    thing = await warehouse.made("/things", name="one", maker_id=1)

    part = await warehouse.get(f"/things/{thing['id']}?fields=price,name")
    whole = await warehouse.get(f"/things/{thing['id']}?expand=maker,category")
    wrong = await warehouse.get(f"/things/{thing['id']}?limit=1&fields=x&expand=y")

    assert part.body == b'{"name":"one","price":"0.00"}'
    assert whole.json == {**thing, "maker": maker, "category": None}
    assert wrong.faults == [("limit", "unknown_parameter"), ("fields", "unknown_field"), ("expand", "unknown_field")]


async def test_an_action_that_is_not_offered_is_a_405(warehouse: Client) -> None:
    replies = [await warehouse.post("/tallies", {}), await warehouse.send("DELETE", f"/tallies/{MISSING}")]

    assert [reply.status for reply in replies] == [405, 405]


async def test_no_request_of_these_is_a_bug(warehouse: Client) -> None:
    for path in (f"/things/{quote('%')}", "/things/%", "/makers/%%", "/categories/%zz", "/categories/%C3%28"):
        assert (await warehouse.get(path)).status == 404
    assert warehouse.events.of(ExceptionCaught) == []


async def test_a_body_over_the_limit_is_refused_unread(warehouse: Client) -> None:
    lines = ("POST /things HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 1048577", "", "")

    answer = await warehouse.raw("\r\n".join(lines).encode())

    head, _, body = answer.partition(b"\r\n\r\n")
    problem = orjson.loads(body)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert problem["detail"] == "A body has at most 1,048,576 bytes."
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("", "too_large")]

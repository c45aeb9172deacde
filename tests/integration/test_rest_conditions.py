"""Entity tags and preconditions, negotiation, and what happens when many write at once."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from telemetry.events import ExceptionCaught
from tests.integration.rest_client import Client, Headers, Reply

WRITERS = 12


@pytest.fixture
async def maker(warehouse: Client) -> Reply:
    """The answer to a maker's creation; it is at /makers/1."""
    return await warehouse.post("/makers", {"name": "one"})


async def change(warehouse: Client, method: str, headers: Headers) -> Reply:
    body = {"PUT": {"name": "two"}, "PATCH": {"name": "two"}}.get(method, ...)
    return await warehouse.send(method, "/makers/1", json=body, headers=headers)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("given", ["{0}", "  {0}  ", '"x", {0}', '{0},"x"', ',{0},, "a,b"', "*", " * ", 'W/"x", {0}'])
async def test_a_change_happens_where_the_tag_is_expected(
    warehouse: Client, maker: Reply, method: str, given: str
) -> None:
    reply = await change(warehouse, method, {"If-Match": given.format(maker.etag)})

    assert reply.status == (204 if method == "DELETE" else 200)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("given", ['"x"', "W/{0}", '"x", "y"', '""', '"1.0"', '"✓"'])
async def test_another_tag_is_a_412_with_the_current_one(
    warehouse: Client, maker: Reply, method: str, given: str
) -> None:
    reply = await change(warehouse, method, {"If-Match": given.format(maker.etag)})

    assert (reply.status, reply.etag) == (412, maker.etag)
    assert reply.json["type"] == "urn:mainstay:problem:precondition_failed"
    assert (await warehouse.get("/makers/1")).body == maker.body


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("given", ["x", "", ",", '"', '"a" "b"', '*, "a"', 'w/"a"', '"a";q=1', "'a'", '"a\tb"'])
async def test_a_tag_that_is_none_is_told(warehouse: Client, maker: Reply, method: str, given: str) -> None:
    reply = await change(warehouse, method, {"If-Match": given})

    assert (reply.status, reply.faults) == (400, [("If-Match", "entity_tag_invalid")])
    assert (await warehouse.get("/makers/1")).body == maker.body


async def test_tags_on_several_lines_are_one_list(warehouse: Client, maker: Reply) -> None:
    matching = await change(warehouse, "PATCH", [("If-Match", '"x"'), ("If-Match", maker.etag)])

    assert matching.status == 200


@pytest.mark.parametrize("given", ["{0}", "W/{0}", '"x", {0}', "*"])
async def test_what_a_caller_has_is_not_sent_again(warehouse: Client, maker: Reply, given: str) -> None:
    for method in ("GET", "HEAD"):
        reply = await warehouse.send(method, "/makers/1", headers={"If-None-Match": given.format(maker.etag)})

        assert (reply.status, reply.body, reply.etag) == (304, b"", maker.etag)
        assert reply.headers["Cache-Control"] == "public, no-cache"


async def test_what_a_caller_does_not_have_is_sent(warehouse: Client, maker: Reply) -> None:
    reply = await warehouse.get("/makers/1", If_None_Match='"x"')

    assert (reply.status, reply.body) == (200, maker.body)


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
async def test_if_none_match_means_nothing_to_a_change(warehouse: Client, maker: Reply, method: str) -> None:
    reply = await change(warehouse, method, {"If-None-Match": maker.etag})

    assert (reply.status, reply.faults) == (400, [("If-None-Match", "entity_tag_invalid")])


async def test_a_record_cannot_both_be_there_and_not(warehouse: Client, maker: Reply) -> None:
    reply = await change(warehouse, "PUT", {"If-None-Match": "*", "If-Match": maker.etag})

    assert (reply.status, reply.faults) == (400, [("If-None-Match", "entity_tag_invalid")])


async def test_a_tag_changes_with_the_record_and_is_never_used_again(warehouse: Client, maker: Reply) -> None:
    await warehouse.made("/makers", name="other")
    patches: list[Any] = [{"country": "CH"}, {"country": None}, {"name": "one"}]
    tags = [maker.etag, *[(await warehouse.send("PATCH", "/makers/1", json=patch)).etag for patch in patches]]
    await warehouse.send("DELETE", "/makers/1")
    tags.append((await warehouse.post("/makers", {"name": "one", "maker_id": 1})).etag)

    assert len(set(tags)) == len(tags)
    assert not any(tag.startswith("W/") for tag in tags)


async def test_each_view_of_a_record_has_a_tag_of_its_own(warehouse: Client) -> None:
    await warehouse.made("/makers", name="one")
    thing = await warehouse.made("/things", name="one", maker_id=1)
    path = f"/things/{thing['id']}"
    views = ["", "?fields=name", "?fields=name,price", "?expand=maker", "?fields=name&expand=maker"]
    before = [(await warehouse.get(path + view)).etag for view in views]

    await warehouse.send("PATCH", "/makers/1", json={"country": "CH"})
    after = [(await warehouse.get(path + view)).etag for view in views]

    assert len(set(before)) == len(views)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, True, False, False]
    kept = await warehouse.get(path + "?expand=maker", If_None_Match=after[3])
    assert (kept.status, kept.etag) == (304, after[3])


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/*",
        "text/html, */*;q=0.1",
        "APPLICATION/JSON;q=0.5",
        "",
        "a/b,application/json",
    ],
)
async def test_json_is_answered_to_who_takes_it(warehouse: Client, accept: str) -> None:
    assert (await warehouse.get("/makers", Accept=accept)).status == 200


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml",
        "application/json;q=0",
        "application/json;q=0.000, */*",
        "*/*;q=0",
        "text/*",
        "application/json-seq",
        "garbage",
        ";;;,,,",
        "*",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/makers"), ("GET", "/makers/1"), ("POST", "/makers"), ("DELETE", "/makers/1")]
)
async def test_json_is_not_answered_to_who_rules_it_out(
    warehouse: Client, maker: Reply, accept: str, method: str, path: str
) -> None:
    reply = await warehouse.send(
        method, path, json={"name": "two"} if method == "POST" else ..., headers={"Accept": accept}
    )

    assert (reply.status, reply.headers["Content-Type"]) == (406, "application/problem+json")
    assert await warehouse.count() == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "",
        "application/json; charset=utf-16",
        "json",
        "application/json; charset=nonsense",
        "application/merge-patch+json",
    ],
)
async def test_a_body_of_another_type_is_a_415(warehouse: Client, content_type: str) -> None:
    reply = await warehouse.send("POST", "/makers", body=b'{"name":"one"}', headers={"Content-Type": content_type})

    assert (reply.status, reply.faults) == (415, [("Content-Type", "unsupported")])
    assert await warehouse.count() == 0


@pytest.mark.parametrize(
    "content_type", ["application/json;charset=UTF-8", 'Application/JSON; charset="utf-8"', "application/json; x=y"]
)
async def test_json_may_say_that_it_is_utf_8(warehouse: Client, content_type: str) -> None:
    reply = await warehouse.send("POST", "/makers", body=b'{"name":"one"}', headers={"Content-Type": content_type})

    assert reply.status == 201


async def test_a_415_tells_what_would_be_taken(warehouse: Client, maker: Reply) -> None:
    posted = await warehouse.send("POST", "/makers", body=b"x", headers={"Content-Type": "text/plain"})
    patched = await warehouse.send("PATCH", "/makers/1", body=b"x", headers={"Content-Type": "text/plain"})

    assert posted.headers["Accept-Post"] == "application/json"
    assert patched.headers["Accept-Patch"] == "application/merge-patch+json, application/json"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "x"])
async def test_a_packed_body_is_not_unpacked(warehouse: Client, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    reply = await warehouse.send("POST", "/makers", body=b'{"name":"one"}', headers=headers)

    assert (reply.status, reply.faults) == (415, [("Content-Encoding", "unsupported")])
    assert await warehouse.count() == 0


async def test_of_many_who_expect_the_same_tag_one_wins(warehouse: Client, maker: Reply) -> None:
    bodies: list[dict[str, Any]] = [{"country": f"C{place}"} for place in range(WRITERS)]
    expected = {"If-Match": maker.etag}

    replies = await asyncio.gather(
        *(warehouse.send("PATCH", "/makers/1", json=body, headers=expected) for body in bodies)
    )

    found = await warehouse.get("/makers/1")
    assert Counter(reply.status for reply in replies) == {200: 1, 412: WRITERS - 1}
    assert [reply.body for reply in replies if reply.status == 200] == [found.body]
    assert {reply.etag for reply in replies} == {found.etag}


async def test_of_many_who_merge_into_the_same_tag_one_wins(warehouse: Client) -> None:
    made = await warehouse.post("/things", {"name": "one"})
    path, expected = made.headers["Location"], {"If-Match": made.etag}

    replies = await asyncio.gather(
        *(warehouse.send("PATCH", path, json={"extra": {f"k{place}": 1}}, headers=expected) for place in range(WRITERS))
    )

    assert Counter(reply.status for reply in replies) == {200: 1, 412: WRITERS - 1}


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
async def test_many_who_merge_without_a_tag_lose_nothing(warehouse: Client, headers: Headers) -> None:
    made = await warehouse.made("/things", name="one")
    path = f"/things/{made['id']}"

    replies = await asyncio.gather(
        *(
            warehouse.send("PATCH", path, json={"extra": {f"k{place}": place}}, headers=headers)
            for place in range(WRITERS)
        )
    )

    found = (await warehouse.get(path)).json
    assert [reply.status for reply in replies] == [200] * WRITERS
    assert found["extra"] == {f"k{place}": place for place in range(WRITERS)}
    assert found["version"] == 1 + WRITERS


async def test_many_who_set_different_fields_lose_nothing(warehouse: Client) -> None:
    made = await warehouse.made("/things", name="one")
    path = f"/things/{made['id']}"
    patches: list[dict[str, Any]] = [{"count": 5}, {"weight": 2.5}, {"sold": True}, {"tags": ["a"]}, {"state": "sold"}]

    await asyncio.gather(*(warehouse.send("PATCH", path, json=patch) for patch in patches))

    found = (await warehouse.get(path)).json
    assert {name: found[name] for patch in patches for name in patch} == {k: v for p in patches for k, v in p.items()}
    assert found["version"] == 1 + len(patches)


async def test_of_many_who_create_at_one_address_one_does(warehouse: Client) -> None:
    replies = await asyncio.gather(
        *(
            warehouse.send("PUT", "/categories/a", json={"title": f"{place}"}, headers={"If-None-Match": "*"})
            for place in range(WRITERS)
        )
    )

    found = await warehouse.get("/categories/a")
    assert Counter(reply.status for reply in replies) == {201: 1, 412: WRITERS - 1}
    assert {reply.etag for reply in replies} == {found.etag}


async def test_numbers_given_by_callers_and_by_postgres_never_collide(warehouse: Client) -> None:
    given = [await warehouse.made("/makers", name=f"given {key}", maker_id=key) for key in (1, 2, 3, 7, 50, -3, 0)]
    numbered = [await warehouse.made("/makers", name=f"numbered {place}") for place in range(3)]
    late = await warehouse.made("/makers", name="late", maker_id=54)
    more = [await warehouse.made("/makers", name=f"more {place}") for place in range(3)]

    keys = [maker["maker_id"] for maker in (*given, *numbered, late, *more)]
    assert len(set(keys)) == len(keys)
    assert keys[:7] == [1, 2, 3, 7, 50, -3, 0]
    assert keys[7:] == [51, 52, 53, 54, 55, 56, 57]


async def test_the_largest_number_does_not_end_the_numbering(warehouse: Client) -> None:
    for key in (2**63 - 1, 2**62, -(2**63)):
        await warehouse.made("/makers", name=f"{key}", maker_id=key)

    made = [await warehouse.made("/makers", name=f"{place}") for place in range(2)]

    assert [maker["maker_id"] for maker in made] == [1, 2]


async def test_a_number_that_is_taken_is_a_conflict(warehouse: Client, maker: Reply) -> None:
    reply = await warehouse.post("/makers", {"name": "two", "maker_id": 1})

    assert (reply.status, reply.faults) == (409, [("/maker_id", "unique")])


async def test_numbers_do_not_collide_when_many_create_at_once(warehouse: Client) -> None:
    """A caller may choose a number that Postgres has just given to another: that is the chooser's conflict alone."""
    given = [warehouse.post("/makers", {"name": f"given {key}", "maker_id": 4 * key}) for key in range(WRITERS)]
    numbered = [warehouse.post("/makers", {"name": f"numbered {place}"}) for place in range(WRITERS)]
    together = [warehouse.send("POST", f"/many/group{place}") for place in range(WRITERS)]

    chosen, alone, grouped = await asyncio.gather(
        asyncio.gather(*given), asyncio.gather(*numbered), asyncio.gather(*together)
    )

    assert {reply.status for reply in chosen} <= {201, 409}
    assert {reply.status for reply in alone} == {201}
    assert {reply.status for reply in grouped} == {200}
    made = [reply.json for reply in (*chosen, *alone) if reply.status == 201]
    made += [maker for reply in grouped for maker in reply.json]
    assert len({maker["maker_id"] for maker in made}) == len(made) == await warehouse.count()
    assert warehouse.events.of(ExceptionCaught) == []

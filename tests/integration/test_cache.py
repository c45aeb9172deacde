"""The cache over HTTP: what is kept, what ends it, and what a caller is told, with two replicas over one Valkey."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from telemetry.events import CacheInvalidated, CacheRead
from tests.integration.cached_service import FOR_WANT_OF_BETTER, USUAL, Replicas, replicas
from tests.integration.rest_client import Client, Reply


@pytest.fixture(params=[False, True], ids=["far", "near"])
async def shop(request: pytest.FixtureRequest, database: str, redis_url: str) -> AsyncIterator[Replicas]:
    async with replicas(database, redis_url, is_near=request.param) as both:
        yield both


@pytest.fixture
async def far(database: str, redis_url: str) -> AsyncIterator[Replicas]:
    """For tests that change by hand what is kept in Redis."""
    async with replicas(database, redis_url) as both:
        yield both


def status(reply: Reply) -> str:
    return reply.headers.get("Cache-Status", "")


def word(reply: Reply) -> str:
    """How it was answered: `hit`, or why Postgres was asked."""
    return status(reply).split("; ")[1]


async def filled(client: Client, *paths: str) -> None:
    """Have these answers kept."""
    for path in paths:
        assert word(await client.get(path)).startswith("fwd="), path
        assert word(await client.get(path)) == "hit", path


async def renewed(client: Client, path: str) -> None:
    """Ask until the answer has been read anew."""
    async with asyncio.timeout(10):
        while (reply := await client.get(path)).headers.get("Age") != "0":
            assert word(reply) == "hit"
            await asyncio.sleep(0.01)


async def test_a_second_read_is_answered_from_what_the_first_one_kept(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")

    first, second = await shop.one.get("/things/1"), await shop.other.get("/things/1")

    assert (first.body, first.etag) == (second.body, second.etag)
    assert (status(first), first.headers.get("Age")) == ("mainstay; fwd=uri-miss; stored", None)
    assert status(second).startswith("mainstay; hit; ttl=")
    assert int(second.headers["Age"]) <= 1
    assert first.headers["Cache-Control"] == second.headers["Cache-Control"] == USUAL
    assert first.headers["Vary"] == second.headers["Vary"] == "Accept"
    assert [event.result for event in shop.other.events.of(CacheRead)] == ["hit"]


async def test_what_is_near_is_given_without_being_sent_again(database: str, redis_url: str) -> None:
    async with replicas(database, redis_url, is_near=True) as near:
        await near.one.made("/things", name="a")
        await filled(near.one, "/things/1", "/things")
        for _ in range(4):
            await near.answers.looked.acquire()

        again = [await near.one.get(path) for path in ("/things/1", "/things")]

        assert ([word(reply) for reply in again], near.answers.looked.locked()) == (["hit", "hit"], True)


async def test_a_list_is_kept_with_its_cursor_its_count_and_its_links(shop: Replicas) -> None:
    for name in "abc":
        await shop.one.made("/things", name=name)
    asked = "/things?sort=-name&limit=2&fields=name"

    first = await shop.one.send("GET", asked, headers={"Prefer": "count=exact"})
    second = await shop.other.send("GET", asked, headers={"Prefer": "count=exact"})
    uncounted = await shop.other.get(asked)

    assert word(second) == "hit"
    assert (first.body, first.next) == (second.body, second.next)
    assert (second.json["total"], second.headers["Vary"]) == (3, "Accept, Prefer")
    assert word(uncounted) == "fwd=uri-miss"
    assert [[item["name"] for item in page] for page in await shop.other.pages(asked)] == [["c", "b"], ["a"]]


WRITES = {
    "an update": ("PATCH", "/things/1", {"name": "renamed"}),
    "a handler's write": ("POST", "/things/1/rename", ...),
    "a transaction": ("POST", "/rename-all/well", ...),
}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "7f3d"}], ids=["", "with a key"])
@pytest.mark.parametrize("write", WRITES)
async def test_what_one_replica_writes_the_other_shows_at_once(
    shop: Replicas, write: str, headers: dict[str, str]
) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.other, "/things/1", "/things", "/things/1?expand=maker", "/things?fields=name")
    method, path, body = WRITES[write]

    written = await shop.one.send(method, path, json=body, headers=headers)
    record, listed = await shop.other.get("/things/1"), await shop.other.get("/things")
    expanded, narrow = await shop.other.get("/things/1?expand=maker"), await shop.other.get("/things?fields=name")

    assert written.status == 200, written.body
    assert (record.json["name"], listed.json["items"][0]["name"]) == ("renamed", "renamed")
    assert (expanded.json["name"], narrow.json["items"]) == ("renamed", [{"name": "renamed"}])
    assert {word(one) for one in (record, listed, expanded, narrow)} == {"fwd=stale"}


async def test_a_record_that_is_replaced_is_shown_as_it_is_now(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.other, "/things/1", "/things")

    await shop.one.send("PUT", "/things/1", json={"name": "replaced"})
    record, listed = await shop.other.get("/things/1"), await shop.other.get("/things")

    assert [record.json["name"], listed.json["items"][0]["name"]] == ["replaced"] * 2


@pytest.mark.parametrize("path", ["/things/1", "/things/1/discard"])
async def test_what_one_replica_deletes_the_other_no_longer_shows(shop: Replicas, path: str) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.other, "/things/1", "/things")

    await shop.one.send("POST" if path.endswith("discard") else "DELETE", path)
    record, listed = await shop.other.get("/things/1"), await shop.other.get("/things")

    assert (record.status, listed.json["items"]) == (404, [])


async def test_a_record_that_is_expanded_is_shown_as_it_was_last_written(shop: Replicas) -> None:
    await shop.one.made("/makers", code="m", name="before")
    await shop.one.made("/things", name="a", maker_code="m")
    await filled(shop.other, "/things/1?expand=maker", "/things?expand=maker", "/things/1")

    await shop.one.send("PATCH", "/makers/m", json={"name": "after"})
    record, listed = await shop.other.get("/things/1?expand=maker"), await shop.other.get("/things?expand=maker")

    assert (record.json["maker"]["name"], listed.json["items"][0]["maker"]["name"]) == ("after", "after")
    assert word(await shop.other.get("/things/1")) == "hit"


async def test_a_write_to_one_record_leaves_the_answers_about_the_others(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await shop.one.made("/things", name="b")
    await filled(shop.one, "/things/1", "/things/2", "/things/2?fields=name")

    await shop.one.send("PATCH", "/things/1", json={"name": "c"})
    await shop.one.made("/things", name="d")

    assert [word(await shop.one.get(path)) for path in ("/things/1", "/things/2", "/things/2?fields=name")] == [
        "fwd=stale",
        "hit",
        "hit",
    ]


async def test_a_transaction_that_fails_gives_up_nothing(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.one, "/things/1", "/things")

    refused = await shop.one.send("POST", "/rename-all/in-vain")

    assert refused.status == 409
    assert [word(await shop.one.get(path)) for path in ("/things/1", "/things")] == ["hit", "hit"]


async def test_a_write_that_is_refused_gives_up_nothing(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.one, "/things/1")

    refused = await shop.one.send("PATCH", "/things/1", json={"maker_code": "nobody"})

    assert (refused.status, word(await shop.one.get("/things/1"))) == (409, "hit")


async def test_a_record_that_is_missing_is_remembered_until_it_is_made(shop: Replicas) -> None:
    missing, again = await shop.one.get("/things/7"), await shop.other.get("/things/7")
    made = await shop.one.send("PUT", "/things/7", json={"name": "a"}, headers={"If-None-Match": "*"})
    found = await shop.other.get("/things/7")

    assert (missing.status, status(missing)) == (404, "mainstay; fwd=uri-miss; stored")
    assert (again.status, again.headers["Age"], again.headers["Cache-Control"]) == (404, "0", "no-store")
    assert status(again).endswith("; detail=negative")
    assert (made.status, found.status, word(found)) == (201, 200, "fwd=stale")
    assert [event.result for event in shop.other.events.of(CacheRead)] == ["negative", "miss"]


async def test_a_cached_answer_is_not_sent_to_whoever_has_it(shop: Replicas) -> None:
    made = await shop.one.send("POST", "/things", json={"name": "a"})
    await filled(shop.one, "/things/1")

    unchanged = await shop.one.get("/things/1", If_None_Match=made.etag)

    assert (unchanged.status, unchanged.body, unchanged.etag) == (304, b"", made.etag)
    assert (word(unchanged), "Age" in unchanged.headers) == ("hit", True)
    assert (unchanged.headers["Cache-Control"], unchanged.headers["Vary"]) == (USUAL, "Accept")


async def test_whoever_wants_an_answer_fresh_gets_it_from_the_database(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await filled(far.one, "/things/1")

    replies = [
        await far.one.get("/things/1", Cache_Control=wish)
        for wish in ("no-cache", "max-age=0", "foo, No-Store", "max-age=60", "min-fresh=60")
    ]

    assert [status(reply).partition("; ttl")[0] for reply in replies] == [
        "mainstay; fwd=request; stored",
        "mainstay; fwd=request; stored",
        "mainstay; fwd=request",
        "mainstay; hit",
        "mainstay; hit",
    ]
    await far.age(20)
    assert word(await far.one.get("/things/1", Cache_Control="max-age=19")) == "fwd=request"


async def test_a_condition_about_the_current_record_is_asked_of_the_database(shop: Replicas) -> None:
    made = await shop.one.send("POST", "/things", json={"name": "a"})
    await filled(shop.one, "/things/1")

    matched = await shop.one.get("/things/1", If_Match=made.etag)

    assert (matched.status, word(matched)) == (200, "fwd=request")


async def test_what_redis_has_thrown_away_never_comes_back(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    paths = ("/things/1", "/things")

    for pattern in ("*:lists", "*:records", None):
        await far.one.get(paths[0]), await far.one.get(paths[1])
        kept = {key: await far.redis.dump(key) async for key in far.redis.scan_iter("mainstay:cache:*", _type="hash")}
        if pattern is None:
            await far.redis.flushall()
        else:
            async for key in far.redis.scan_iter(pattern):
                await far.redis.delete(key)
        await far.one.get(paths[0], Cache_Control="no-cache"), await far.one.get(paths[1], Cache_Control="no-cache")
        for key, value in kept.items():
            await far.redis.restore(key, 0, value or b"", replace=True)
        words = [word(await far.one.get(path)) for path in paths]
        expected = {"*:lists": ["hit", "fwd=stale"], "*:records": ["fwd=stale", "hit"], None: ["fwd=stale"] * 2}
        assert words == expected[pattern], pattern


async def test_an_answer_that_cannot_be_read_is_asked_for_again(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await filled(far.one, "/things/1")
    await far.change(lambda entry: entry[:-1])

    reply = await far.one.get("/things/1")

    assert (reply.status, word(reply), word(await far.one.get("/things/1"))) == (200, "fwd=uri-miss", "hit")


async def test_a_key_of_another_kind_costs_the_cache_and_not_the_answer(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await filled(far.one, "/things/1")
    async for key in far.redis.scan_iter("mainstay:cache:*", _type="hash"):
        await far.redis.delete(key)
        await far.redis.set(key, "not a hash")

    reply = await far.one.get("/things/1")

    assert (reply.status, status(reply)) == (200, "mainstay; fwd=bypass; detail=unavailable")


async def test_an_answer_past_its_time_is_given_at_once_and_read_anew_for_the_next(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await filled(far.one, "/things/1")
    await far.age(31)

    late = await far.one.get("/things/1")
    await renewed(far.one, "/things/1")

    assert (status(late), late.headers["Age"]) == ("mainstay; hit; ttl=-2; detail=revalidating", "31")
    assert late.headers["Cache-Control"] == USUAL


async def test_an_answer_is_read_anew_shortly_before_its_time_is_up(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await filled(far.one, "/things/1")
    await far.age(29.5)

    await renewed(far.one, "/things/1")

    assert {event.result for event in far.one.events.of(CacheRead)} == {"miss", "hit"}


async def test_an_answer_long_past_its_time_is_read_anew_first(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await filled(far.one, "/things/1")
    await far.age(40)

    assert status(await far.one.get("/things/1")) == "mainstay; fwd=stale; stored"


async def test_while_postgres_is_away_what_is_kept_stands_in(far: Replicas) -> None:
    await far.one.made("/things", name="a")
    await far.one.made("/things", name="b")
    await filled(far.one, "/things/1", "/things", "/things/2")
    await far.one.send("PATCH", "/things/1", json={"name": "c"})
    await far.age(3_600)
    far.one.breakers.force("postgres.reads", "forced_open")

    replies = [await far.one.get(path) for path in ("/things/1", "/things", "/things/2")]
    unknown = await far.one.get("/things/3")
    fresh = await far.one.get("/things/1", Cache_Control="no-cache")

    assert [(reply.status, reply.headers["Age"]) for reply in replies] == [(200, "3600")] * 3
    assert {status(reply) for reply in replies} == {"mainstay; hit; ttl=-3571; detail=stale-if-error"}
    assert {reply.headers["Cache-Control"] for reply in replies} == {FOR_WANT_OF_BETTER}
    assert [reply.status for reply in (unknown, fresh)] == [503, 503]
    assert [event.result for event in far.one.events.of(CacheRead)][-5:] == ["stale_if_error"] * 3 + ["error"] * 2


async def test_what_a_write_has_outdated_stands_in_only_as_outdated(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.one, "/things/1")
    await shop.one.send("PATCH", "/things/1", json={"name": "b"})
    shop.one.breakers.force("postgres.reads", "forced_open")

    reply = await shop.one.get("/things/1")

    assert (reply.json["name"], status(reply)) == ("a", "mainstay; hit; ttl=0; detail=stale-if-error")
    assert reply.headers["Cache-Control"] == FOR_WANT_OF_BETTER


async def test_a_record_that_is_gone_does_not_stand_in(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.one, "/things/1")
    await shop.one.send("DELETE", "/things/1")
    shop.one.breakers.force("postgres.reads", "forced_open")

    assert (await shop.one.get("/things/1")).status == 503


async def test_a_slow_reader_does_not_keep_what_a_writer_has_changed_meanwhile(shop: Replicas) -> None:
    await shop.one.made("/things", name="before")
    shop.answers.may_keep.clear()
    slow = asyncio.create_task(shop.one.get("/things/1"))
    await shop.answers.holds.wait()

    await shop.other.send("PATCH", "/things/1", json={"name": "after"})
    shop.answers.may_keep.set()
    seen = await slow
    next_one = await shop.one.get("/things/1")

    assert (seen.json["name"], status(seen)) == ("before", "mainstay; fwd=uri-miss")
    assert next_one.json["name"] == "after"


async def test_who_comes_after_a_write_does_not_join_a_read_from_before_it(shop: Replicas) -> None:
    await shop.one.made("/things", name="before")
    shop.answers.may_keep.clear()
    early = asyncio.create_task(shop.one.get("/things/1"))
    await shop.answers.holds.wait()
    await shop.other.send("PATCH", "/things/1", json={"name": "after"})

    late = asyncio.create_task(shop.one.get("/things/1"))
    shop.answers.may_keep.set()

    assert ((await early).json["name"], (await late).json["name"]) == ("before", "after")


async def test_callers_who_ask_the_same_at_once_share_one_read(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    shop.answers.may_keep.clear()
    asked = [asyncio.create_task(shop.one.get("/things/1")) for _ in range(20)]
    for _ in asked:
        await shop.answers.looked.acquire()
    shop.answers.may_keep.set()

    replies = await asyncio.gather(*asked)

    words = [status(reply) for reply in replies]
    assert words.count("mainstay; fwd=uri-miss; stored") == 1
    assert set(words) <= {"mainstay; fwd=uri-miss; stored", "mainstay; fwd=uri-miss; stored; collapsed"}


async def test_without_redis_everything_is_answered_and_nothing_old(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.one, "/things/1")
    shop.answers.is_away = True

    written = await shop.one.send("PATCH", "/things/1", json={"name": "b"})
    reply = await shop.one.get("/things/1")

    assert (written.status, reply.status, reply.json["name"]) == (200, 200, "b")
    assert status(reply) == "mainstay; fwd=bypass; detail=unavailable"
    assert [event.outcome for event in shop.one.events.of(CacheInvalidated)] == ["ok", "owed"]


async def test_a_write_that_could_not_be_made_known_is_made_known_once_redis_is_back(shop: Replicas) -> None:
    await shop.one.made("/things", name="a")
    await filled(shop.one, "/things/1")
    shop.answers.is_away = True
    await shop.one.send("PATCH", "/things/1", json={"name": "b"})
    shop.answers.is_away = False

    here = await shop.one.get("/things/1")
    await shop.one.events.wait_for(CacheInvalidated, lambda event: event.outcome == "repeated")
    there = await shop.other.get("/things/1")

    assert (here.json["name"], there.json["name"]) == ("b", "b")

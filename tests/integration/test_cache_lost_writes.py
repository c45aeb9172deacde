"""Writes whose caller has left or whose answer was lost: what they wrote is shown all the same, by every replica."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.integration.cached_service import DECLARATION, Replicas, replicas
from tests.integration.forgetful_proxy import ForgetfulProxy, forgetful_proxy
from tests.integration.locked_tables import locked, until_waiting
from tests.integration.rest_client import Client, served_service
from tests.patience import until_told

KEYED = {"Idempotency-Key": "7f3d"}
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Forgetful:
    """Two replicas, and the proxy between `one` and Postgres."""

    shop: Replicas
    proxy: ForgetfulProxy


@pytest.fixture
async def forgetful(database: str, redis_url: str) -> AsyncIterator[Forgetful]:
    async with (
        forgetful_proxy(database) as (proxy, dsn),
        replicas(database, redis_url, dsn_of_one=dsn, is_near=True) as shop,
    ):
        await shop.one.made("/things", name="a")
        await kept(shop.other)
        yield Forgetful(shop, proxy)


async def kept(client: Client) -> None:
    """Have the record and the list kept."""
    for path in ("/things/1", "/things") * 2:
        reply = await client.get(path)
    assert reply.headers["Cache-Status"].startswith("mainstay; hit")


async def names(client: Client) -> list[str]:
    """What the record and the list show."""
    record, listed = await client.get("/things/1"), await client.get("/things")
    return [record.json["name"], listed.json["items"][0]["name"]]


async def until_shown(client: Client, name: str) -> None:
    async def is_shown() -> bool:
        return await names(client) == [name, name]

    await until_told(is_shown, within_seconds=PATIENCE_SECONDS)


async def test_a_write_that_was_found_by_its_key_is_shown(forgetful: Forgetful) -> None:
    tag = (await forgetful.shop.one.get("/things/1")).etag
    forgetful.proxy.lose_answer_to(b"EXECUTE")

    written = await forgetful.shop.one.send(
        "PATCH", "/things/1", json={"name": "renamed"}, headers={**KEYED, "If-Match": tag}
    )

    assert (forgetful.proxy.has_forgotten, written.headers["Idempotent-Replayed"]) == (True, "true")
    assert await names(forgetful.shop.other) == ["renamed", "renamed"]


@pytest.mark.parametrize("path", ["/things/1/rename", "/rename-all/well"])
async def test_what_a_route_wrote_is_shown_though_the_answer_to_its_commit_was_lost(
    forgetful: Forgetful, path: str
) -> None:
    forgetful.proxy.lose_answer_to(b"COMMIT")

    written = await forgetful.shop.one.send("POST", path, headers=KEYED)

    assert (forgetful.proxy.has_forgotten, written.status) == (True, 200)
    assert await names(forgetful.shop.other) == ["renamed", "renamed"]


async def test_a_write_without_a_key_whose_answer_was_lost_is_shown(forgetful: Forgetful) -> None:
    forgetful.proxy.lose_answer_to(b"COMMIT")

    written = await forgetful.shop.one.send("POST", "/rename-all/well")

    assert (forgetful.proxy.has_forgotten, written.status) == (True, 503)
    assert await names(forgetful.shop.other) == ["renamed", "renamed"]


@pytest.mark.parametrize("is_one_statement", [True, False])
async def test_a_repeat_makes_known_what_the_first_one_did_not_live_to_say(
    database: str, redis_url: str, is_one_statement: bool
) -> None:
    async with (
        replicas(database, redis_url, is_near=True) as shop,
        served_service(DECLARATION, database, makes_tables=False) as mute,  # it has no cache to tell
    ):
        await shop.one.made("/things", name="a")
        await kept(shop.other)
        tag = (await mute.get("/things/1")).etag
        headers = {**KEYED, "If-Match": tag if is_one_statement else f'{tag}, "another"'}
        await mute.send("PATCH", "/things/1", json={"name": "renamed"}, headers=headers)
        outdated = await names(shop.other)

        repeated = await shop.one.send("PATCH", "/things/1", json={"name": "renamed"}, headers=headers)

        assert (outdated, repeated.headers["Idempotent-Replayed"]) == (["a", "a"], "true")
        assert await names(shop.other) == ["renamed", "renamed"]


async def test_a_write_that_outlives_its_caller_is_shown(database: str, redis_url: str) -> None:
    async with replicas(database, redis_url, is_near=True) as shop:
        await shop.one.made("/things", name="a")
        await kept(shop.other)
        with locked(database, "thing"):
            writing = asyncio.create_task(
                shop.one.send("PATCH", "/things/1", json={"name": "renamed"}, headers={"Request-Timeout": "0.5"})
            )
            await until_waiting(database, 1)
            written = await writing
            await kept(shop.other)

        await until_shown(shop.other, "renamed")

    assert written.status == 504

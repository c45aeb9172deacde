"""A write whose connection breaks: with a key it is made again, and found where it was done; without one never."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from telemetry.events import Retried
from tests.integration.forgetful_proxy import ForgetfulProxy, forgetful_proxy
from tests.integration.locked_tables import end_the_waiting_one, locked
from tests.integration.rest_client import Client, Reply, served_service
from tests.integration.rest_service import declaration

KEYED = {"Idempotency-Key": "7f3d"}


async def interrupted(warehouse: Client, headers: dict[str, str]) -> Reply:
    """What a caller is answered whose write loses its connection once."""
    with locked(warehouse.dsn, "maker"):
        asking = asyncio.create_task(warehouse.send("POST", "/makers", json={"name": "one"}, headers=headers))
        await end_the_waiting_one(warehouse.dsn)
    return await asking


async def test_a_write_with_a_key_is_made_again(warehouse: Client) -> None:
    reply = await interrupted(warehouse, KEYED)

    again = await warehouse.send("POST", "/makers", json={"name": "one"}, headers=KEYED)
    assert (reply.status, again.body, await warehouse.count()) == (201, reply.body, 1)
    assert warehouse.events.of(Retried) == [Retried(target="postgres.writes", outcome="ok")]


async def test_a_write_without_a_key_is_not(warehouse: Client) -> None:
    reply = await interrupted(warehouse, {})

    assert (reply.status, reply.json["type"], await warehouse.count()) == (
        503,
        "urn:mainstay:problem:outcome_unknown",
        0,
    )
    assert warehouse.events.of(Retried) == []


@pytest.fixture
async def forgetful(database: str) -> AsyncIterator[tuple[ForgetfulProxy, Client]]:
    """The service, and the proxy between it and its Postgres."""
    async with forgetful_proxy(database) as (proxy, dsn), served_service(declaration(), dsn) as client:
        yield proxy, client


async def test_a_write_that_was_done_is_found_by_its_key_though_its_answer_was_lost(
    forgetful: tuple[ForgetfulProxy, Client],
) -> None:
    proxy, client = forgetful
    proxy.lose_answer_to(b"EXECUTE")

    reply = await client.send("POST", "/makers", json={"name": "one"}, headers=KEYED)

    (stored,) = (await client.get("/makers")).json["items"]
    assert (proxy.has_forgotten, reply.status, reply.json) == (True, 201, stored)
    assert (reply.headers["Location"], reply.headers["Idempotent-Replayed"]) == ("/makers/1", "true")


async def test_a_write_without_a_key_whose_answer_was_lost_is_not_made_again(
    forgetful: tuple[ForgetfulProxy, Client],
) -> None:
    proxy, client = forgetful
    proxy.lose_answer_to(b"EXECUTE")

    reply = await client.send("POST", "/makers", json={"name": "one"})

    assert (reply.status, reply.json["type"], await client.count()) == (503, "urn:mainstay:problem:outcome_unknown", 1)


async def test_a_route_that_was_done_is_found_by_its_key_though_the_answer_to_its_commit_was_lost(
    forgetful: tuple[ForgetfulProxy, Client],
) -> None:
    proxy, client = forgetful
    proxy.lose_answer_to(b"COMMIT")

    reply = await client.send("POST", "/careful", json={"text": "one"}, headers=KEYED)
    again = await client.send("POST", "/careful", json={"text": "one"}, headers=KEYED)

    assert (proxy.has_forgotten, reply.status, reply.headers["X-Made"]) == (True, 202, "1")
    assert (again.status, again.body, again.headers["X-Made"]) == (202, reply.body, "1")
    assert await client.count() == 1

"""A Valkey with the users of deploy/valkey: what the service may, and what nobody may."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from redis.exceptions import NoPermissionError

from middleware.errors import Unavailable
from server.service_file import checked_file
from server.testing import served
from storage.redis.refusal import refusal
from telemetry.events import RedisRefused
from tests.integration.redis_uses import EVERYTHING, PATIENCE, uses
from tests.integration.test_redis_client import open_client
from tests.integration.valkey_group import OPERATOR, PASSWORD, ValkeyNode, one_server
from tests.source_tree import PROJECT

SECRET = quote(PASSWORD)


@pytest.fixture
async def guarded(data_dir: Path) -> AsyncIterator[ValkeyNode]:
    async with one_server(data_dir) as node:
        yield node


async def test_the_rights_of_the_service_are_enough_for_all_it_does(guarded: ValkeyNode) -> None:
    async with open_client(f"redis://shop:{SECRET}@{guarded.address}/0", **PATIENCE) as client:
        assert await uses(client) == EVERYTHING


@pytest.mark.parametrize("words", [("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("GET", "another:key")])
async def test_the_service_may_do_nothing_else(guarded: ValkeyNode, words: tuple[str, ...]) -> None:
    with pytest.raises(NoPermissionError):
        await guarded.ask(*words, user="shop", password=PASSWORD)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("shop:wrong", "it does not take the user and password in MAINSTAY_REDIS_URL"),
        (f"exporter:{quote(OPERATOR)}", "its user in MAINSTAY_REDIS_URL lacks a right"),
    ],
)
async def test_who_is_refused_hears_why(guarded: ValkeyNode, who: str, why: str) -> None:
    async with open_client(f"redis://{who}@{guarded.address}/0", **PATIENCE) as client:
        with pytest.raises(Unavailable) as refused:
            await client.run("GET", "mainstay:any")

    assert refusal(refused.value).startswith(why)


async def test_a_service_with_a_wrong_password_starts_and_says_so(guarded: ValkeyNode, database: str) -> None:
    quickstart = checked_file(PROJECT / "examples/quickstart/service.py").service

    async with served(
        quickstart, postgres_dsn=database, redis_url=f"redis://shop:wrong@{guarded.address}/0"
    ) as service:
        told = service.events.of(RedisRefused)

    assert [event.reason.partition(" (")[0] for event in told] == [
        "it does not take the user and password in MAINSTAY_REDIS_URL"
    ]

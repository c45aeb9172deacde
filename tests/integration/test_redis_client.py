"""The Redis client on a real server, and on ones that are not there or do not answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from middleware.errors import Bug, Elapsed, Overloaded, Problem, Unavailable
from middleware.outbound.policy import RedisPolicy
from storage.redis.client import RedisClient
from telemetry.events import DependencyCalled
from tests.recorder import Recorder


@asynccontextmanager
async def open_client(url: str, *, events: Recorder | None = None, **policy: Any) -> AsyncIterator[RedisClient]:
    client = RedisClient(url, policy=RedisPolicy(**policy), observe=events or Recorder())
    try:
        yield client
    finally:
        await client.close()


async def test_a_command_gives_its_reply_and_is_observed(redis_url: str, events: Recorder) -> None:
    async with open_client(redis_url, events=events) as client:
        await client.run("SET", "stock", 5)

        assert await client.run("GET", "stock") == b"5"

    assert [(event.dependency, event.operation, event.outcome) for event in events.of(DependencyCalled)] == [
        ("redis", "SET", "ok"),
        ("redis", "GET", "ok"),
    ]


async def test_a_server_that_is_there_answers_a_ping(redis_url: str) -> None:
    async with open_client(redis_url) as client:
        await client.ping()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with open_client("redis://127.0.0.1:1/0") as client:
        with pytest.raises(Unavailable):
            await client.ping()


async def test_a_server_that_never_answers_is_given_up(events: Recorder) -> None:
    accepted: list[asyncio.StreamWriter] = []

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        async with open_client(url, events=events, socket_timeout_seconds=0.05) as client:
            with pytest.raises(Elapsed):
                await client.ping()
        for writer in accepted:
            writer.close()

    assert [event.outcome for event in events.of(DependencyCalled)] == ["timeout"]


@pytest.mark.parametrize(
    ("command", "problem"),
    [(("NOSUCH",), Bug), (("EVAL", "return redis.error_reply('OOM full')", 0), Overloaded)],
)
async def test_an_error_reply_is_said_in_our_words(
    redis_url: str, command: tuple[str, ...], problem: type[Problem]
) -> None:
    async with open_client(redis_url) as client:
        with pytest.raises(problem):
            await client.run(*command)


async def test_a_read_only_server_is_unavailable(redis_url: str) -> None:
    async with open_client(redis_url) as client:
        with pytest.raises(Unavailable):
            await client.run("EVAL", "return redis.error_reply('READONLY a replica')", 0)


async def test_more_commands_at_once_than_connections_have_no_room(redis_url: str) -> None:
    async with open_client(redis_url, maximum_connections=1) as client:
        results = await asyncio.gather(client.ping(), client.ping(), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Overloaded"]

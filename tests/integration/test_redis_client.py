"""The Redis client on a real server, and on ones that are not there or do not answer."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from redis import asyncio as aioredis

from middleware.errors import Bug, Elapsed, Overloaded, Problem, Unavailable
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from storage.redis.client import RedisClient
from storage.redis.script import script_of
from telemetry.events import DependencyCalled
from tests.recorder import Recorder


@asynccontextmanager
async def open_client(url: str, *, events: Recorder | None = None, **policy: Any) -> AsyncIterator[RedisClient]:
    client = RedisClient(url, policy=RedisPolicy(**policy), senses=Senses(observe=events or Recorder()))
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


async def test_a_server_that_says_it_is_read_only_is_left(redis_url: str) -> None:
    async with open_client(redis_url, maximum_connections=1) as client:
        before = await _connections_made(client)
        with suppress(Unavailable):
            await client.run("EVAL", "return redis.error_reply('READONLY a replica')", 0)
        opened = await _connections_made(client) - before

    assert opened == 1


async def test_commands_that_cannot_be_sent_yet_wait_in_a_queue_that_has_an_end(redis_url: str) -> None:
    async with open_client(redis_url, maximum_connections=1, maximum_waiting=2) as client:
        results = await asyncio.gather(*(client.ping() for _ in range(3)), return_exceptions=True)

    assert [type(result).__name__ for result in results] == ["NoneType", "NoneType", "Overloaded"]


async def test_many_commands_share_few_connections_and_each_gets_its_own_reply(redis_url: str) -> None:
    async with open_client(redis_url, maximum_pipeline=7) as client:
        before = await _connections_made(client)
        replies = await asyncio.gather(*(client.run("ECHO", number) for number in range(500)))
        opened = await _connections_made(client) - before

    assert replies == [str(number).encode() for number in range(500)]
    assert opened <= RedisPolicy().maximum_connections


async def _connections_made(client: RedisClient) -> int:
    """How many the server has accepted since it began; those of other tests may still be ending."""
    told = await client.run("INFO", "stats")
    assert isinstance(told, bytes)
    return int(told.split(b"total_connections_received:")[1].split()[0])


async def test_replies_stay_with_their_commands_while_callers_leave_at_random(redis_url: str) -> None:
    chance = random.Random(7)  # noqa: S311 - a fixed sequence, not a secret

    async with open_client(redis_url, maximum_connections=2, socket_timeout_seconds=0.02) as client:

        async def ask(number: int) -> bool:
            command = ("EVAL", "for i = 1, 2000000 do end return ARGV[1]", 0) if number % 97 == 0 else ("ECHO",)
            with suppress(Problem):  # some run into the timeout, behind a script that is slow
                return await client.run(*command, number) == str(number).encode()
            return True

        tasks: list[asyncio.Task[bool]] = []
        for number in range(2_000):
            tasks.append(asyncio.create_task(ask(number)))
            if chance.random() < 0.3:
                await asyncio.sleep(0)
            if chance.random() < 0.2:
                chance.choice(tasks[-20:]).cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await _answering(client)
        still = await client.run("ECHO", "still")

    assert [result for result in results if result is False] == []
    assert len([result for result in results if result is True]) > 1_000
    assert still == b"still"


async def _answering(client: RedisClient) -> None:
    async with asyncio.timeout(5):
        while True:
            with suppress(Problem):
                return await client.ping()


async def test_a_connection_the_server_closed_while_idle_costs_no_command(redis_url: str) -> None:
    async with open_client(redis_url, maximum_connections=1) as client, aioredis.from_url(redis_url) as person:
        await client.ping()
        ended = await person.client_kill_filter(_type="normal", skipme=True)
        await person.ping()

        reply = await client.run("ECHO", "again")

    assert (ended, reply) == (1, b"again")


async def test_a_script_the_server_has_forgotten_is_sent_again_in_full(redis_url: str, events: Recorder) -> None:
    script = script_of("twice", "return {KEYS[1], ARGV[1] * 2}")

    async with open_client(redis_url, events=events) as client:
        await client.run("SCRIPT", "FLUSH")
        replies = await asyncio.gather(*(client.script(script, ["k"], arguments=[number]) for number in range(3)))
        known = await client.run("SCRIPT", "EXISTS", script.digest)

    assert (replies, known) == ([[b"k", 0], [b"k", 2], [b"k", 4]], [1])
    assert [event.operation for event in events.of(DependencyCalled)] == ["SCRIPT", *["twice"] * 3, "SCRIPT"]


async def test_a_word_that_cannot_be_sent_fails_nobody_else(redis_url: str) -> None:
    async with open_client(redis_url) as client:
        results = await asyncio.gather(
            client.run("ECHO", "a"),
            client.run("ECHO", None),  # type: ignore[arg-type]  # what the test is about
            client.run("ECHO", "\udcff"),
            client.run("ECHO", "b"),
            return_exceptions=True,
        )

    assert [result if isinstance(result, bytes) else type(result) for result in results] == [b"a", Bug, Bug, b"b"]


async def test_after_its_close_a_client_is_unavailable(redis_url: str) -> None:
    async with open_client(redis_url) as client:
        await client.ping()
    with pytest.raises(Unavailable):
        await client.ping()

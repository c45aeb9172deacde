"""What plain aiopg gets wrong about its socket, and what must hold instead."""

import asyncio
import gc
import os
import resource
import socket
import struct
from collections.abc import AsyncIterator, Iterator

import psycopg2
import pytest
import uvloop

from middleware.errors import Elapsed, Unavailable
from storage.postgres.pool import Pool
from storage.postgres.statement import statement
from storage.postgres.violation import ForbiddenValue
from storage.postgres.watch import WatchedConnection
from tests.environment import lack
from tests.integration.open_pool import SLEEP, TERMINATE, backend_of, open_pool, until_running

SELECT_FILES = 1024
FILES_NEEDED = 2048
RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: to close is to reset."""
WRONG = statement("SELECT 1/0", types={})


@pytest.fixture
async def watch(database: str) -> AsyncIterator[Pool]:
    """A pool to look at the others from."""
    async with open_pool(database) as pool:
        yield pool


@pytest.fixture
def many_files_open() -> Iterator[None]:
    """A process whose next file numbers are past what select(2) takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_NEEDED:
        lack(f"this needs {FILES_NEEDED} open files, and only {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES_NEEDED), hard))
    files = [os.open(os.devnull, os.O_RDONLY)]
    while files[-1] < SELECT_FILES:
        files.append(os.open(os.devnull, os.O_RDONLY))
    yield
    for file in files:
        os.close(file)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files_open")
async def test_an_error_arrives_whatever_the_socket_s_number(database: str) -> None:
    async with open_pool(database) as pool:
        with pytest.raises(ForbiddenValue):
            await pool.run(WRONG, operation="wrong")


@pytest.mark.usefixtures("many_files_open")
async def test_the_end_of_a_session_arrives_whatever_the_socket_s_number(database: str, watch: Pool) -> None:
    async with open_pool(database, attempts=1) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (60,), operation="sleep"))
        await watch.run(TERMINATE, (await until_running(watch, "pg_sleep"),), operation="terminate")

        with pytest.raises(Unavailable) as caught:
            await task

        assert "terminating connection" in str(caught.value.__cause__)


async def test_under_uvloop_a_refused_connect_leaves_no_number_spoilt(database: str) -> None:
    async def refused_then_welcome() -> bool:
        for _ in range(3):
            with pytest.raises(Unavailable):
                async with open_pool("host=127.0.0.1 port=1"):
                    pass
            async with open_pool(database) as pool:
                await backend_of(pool)
        return True

    assert await asyncio.to_thread(uvloop.run, refused_then_welcome())


async def test_under_uvloop_a_number_that_a_reset_has_spoilt_is_watched_all_the_same(database: str) -> None:
    held: list[int] = []

    async def welcome() -> tuple[bool, int]:
        number = await _spoilt_number(held)
        connection = await WatchedConnection(database, 10.0, enable_hstore=False)
        taken, pid = connection.raw.fileno() == number, await connection.get_backend_pid()
        await connection.close()
        return taken, pid

    taken, pid = await asyncio.to_thread(uvloop.run, welcome())
    for file in held:
        os.close(file)

    assert (taken, pid > 0) == (True, True)


@pytest.mark.parametrize("is_reset", [False, True])
async def test_under_uvloop_no_connect_that_breaks_off_holds_another_up(is_reset: bool) -> None:
    # Each begins as another ends, whose number it gets.
    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_reset:
            writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()

    async def connects() -> int:
        async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()

            async def many() -> int:
                for _ in range(50):
                    with pytest.raises(psycopg2.OperationalError):
                        await asyncio.wait_for(WatchedConnection(f"host={host} port={port}", 10.0), 10)
                return 50

            return sum(await asyncio.gather(*(many() for _ in range(10))))

    assert await asyncio.to_thread(uvloop.run, connects()) == 500


async def _spoilt_number(held: list[int]) -> int:
    """The least free number, with a watch over it that a reset has ended; files of lower ones are `held`."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        theirs, _ = server.accept()
        loop.add_reader(ours, woken.set)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        theirs.close()
        await asyncio.wait_for(woken.wait(), 10)
        spoilt = ours.detach()
    while (lower := os.open(os.devnull, os.O_RDONLY)) < spoilt:  # these are in use from now on
        held.append(lower)
    os.close(lower)
    os.close(spoilt)
    return spoilt


async def test_a_statement_timeout_is_told_to_its_caller_and_to_nobody_else(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()  # what others have left complains of it now, and not in between
    caplog.clear()
    async with open_pool(database, query_timeout_seconds=0.05) as pool:
        with pytest.raises(Elapsed) as caught:
            await pool.run(SLEEP, (60,), operation="sleep")

    assert isinstance(caught.value.__cause__, psycopg2.errors.QueryCanceled)
    assert caplog.records == []


async def test_a_socket_s_number_belongs_to_its_next_owner_at_once(database: str, watch: Pool) -> None:
    ours, theirs = socket.socketpair()
    connection = await WatchedConnection(database, 10.0, enable_hstore=False)
    number = connection.raw.fileno()
    pid = await connection.get_backend_pid()
    await watch.run(TERMINATE, (pid,), operation="terminate")
    with pytest.raises(psycopg2.OperationalError):
        await asyncio.wait_for(connection.notifies.get(), 10)
    read = asyncio.Event()
    os.dup2(ours.fileno(), number)
    asyncio.get_running_loop().add_reader(number, read.set)

    await connection.close()
    theirs.send(b"x")

    await asyncio.wait_for(read.wait(), 10)
    asyncio.get_running_loop().remove_reader(number)
    os.close(number)
    ours.close()
    theirs.close()


async def test_what_is_said_to_a_listener_arrives(database: str, watch: Pool) -> None:
    async with await WatchedConnection(database, 10.0, enable_hstore=False) as connection:
        cursor = await connection.cursor()
        await cursor.execute("LISTEN news")

        await watch.execute("NOTIFY news, 'sold out'")

        assert (await asyncio.wait_for(connection.notifies.get(), 10)).payload == "sold out"

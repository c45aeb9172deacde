"""The pool over a real Postgres whose statements hang, whose sessions end, whose callers leave."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
from psycopg2.extensions import make_dsn

from middleware.errors import Elapsed, OutcomeUnknown, Overloaded, Unavailable
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.measure import cause_of
from storage.postgres.pool import Pool
from storage.postgres.statement import Statement, statement
from telemetry.events import (
    AcquireTimedOut,
    BulkheadRejected,
    ConnectionDropped,
    ConnectionOpened,
    DependencyCalled,
    Retried,
)
from tests.integration.open_pool import SLEEP, TERMINATE, backend_of, open_pool, until_gone, until_running
from tests.recorder import Recorder

ONE = statement("SELECT 1", types={}, writes=False)
SLOW_WRITE = statement("INSERT INTO note SELECT 'x' FROM pg_sleep(60)", types={})
A_CANCELLED_QUERY_ENDS_WITHIN_SECONDS = 0.5


@pytest.fixture
async def watch(database: str) -> AsyncIterator[Pool]:
    """A pool to look at the others from."""
    async with open_pool(database) as pool:
        await pool.execute("CREATE TABLE note (text text)")
        yield pool


async def test_a_statement_past_its_time_is_ended_and_its_connection_stays(database: str, events: Recorder) -> None:
    async with open_pool(database, events=events, maximum=1, query_timeout_seconds=0.1) as pool:
        backend = await backend_of(pool)

        with pytest.raises(Elapsed) as caught:
            await pool.run(SLEEP, (60,), operation="sleep")

        assert not isinstance(caught.value, NoAnswer)
        assert await backend_of(pool) == backend
    assert [event.outcome for event in events.of(DependencyCalled)] == ["ok", "timeout", "ok"]


async def test_an_uncancelled_task_stays_uncancelled_after_a_statement_timeout(database: str) -> None:
    async with open_pool(database, query_timeout_seconds=0.1) as pool:
        async with asyncio.timeout(60):
            with pytest.raises(Elapsed):
                await pool.run(SLEEP, (60,), operation="sleep")

        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0


async def test_a_cancelled_query_ends_on_the_server_too(database: str, watch: Pool, events: Recorder) -> None:
    async with open_pool(database, events=events, query_timeout_seconds=60.0) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (60,), operation="sleep"))
        pid = await until_running(watch, "pg_sleep")

        task.cancel()

        async with asyncio.timeout(A_CANCELLED_QUERY_ENDS_WITHIN_SECONDS):
            await until_gone(watch, pid)
        assert task.cancelled()
        assert events.of(ConnectionDropped) == [ConnectionDropped(pool="postgres", reason="cancelled")]
        assert await pool.run(ONE, operation="one") == [(1,)]


async def test_a_session_ended_while_idle_is_noticed_and_replaced(database: str, watch: Pool, events: Recorder) -> None:
    async with open_pool(database, events=events, tend_interval_seconds=0.01) as pool:
        pid = await backend_of(pool)

        await watch.run(TERMINATE, (pid,), operation="terminate")

        await events.wait_for(ConnectionDropped, lambda event: event.reason == "broken")
        assert await backend_of(pool) != pid


async def test_a_read_whose_session_ends_is_made_again(database: str, watch: Pool, events: Recorder) -> None:
    async with open_pool(database, events=events) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (1,), operation="sleep"))

        await watch.run(TERMINATE, (await until_running(watch, "pg_sleep"),), operation="terminate")

        assert await task == [(b"",)]
        assert events.of(Retried) == [Retried(target="postgres.reads", outcome="ok")]


async def test_a_read_whose_session_ends_is_unavailable_in_the_end(
    database: str, watch: Pool, events: Recorder
) -> None:
    async with open_pool(database, events=events, attempts=1) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (60,), operation="sleep"))
        await watch.run(TERMINATE, (await until_running(watch, "pg_sleep"),), operation="terminate")

        with pytest.raises(Unavailable) as caught:
            await task

        assert type(caught.value) is Unavailable
        assert events.of(ConnectionDropped) == [ConnectionDropped(pool="postgres", reason="broken")]
        assert await pool.run(ONE, operation="one") == [(1,)]


async def test_a_write_whose_session_ends_has_an_unknown_outcome(database: str, watch: Pool) -> None:
    async with open_pool(database) as pool:
        task = asyncio.create_task(pool.run(SLOW_WRITE, operation="write"))
        await watch.run(TERMINATE, (await until_running(watch, "INSERT INTO note"),), operation="terminate")

        with pytest.raises(OutcomeUnknown):
            await task


@pytest.mark.parametrize(("query", "problem"), [(ONE, NoAnswer), (SLOW_WRITE, OutcomeUnknown)])
async def test_a_hung_server_is_given_up(
    database: str, watch: Pool, query: Statement, problem: type[Exception]
) -> None:
    async with open_pool(database, query_timeout_seconds=0.1, query_grace_seconds=0.1) as pool:
        pid = await backend_of(pool)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(problem):
                await pool.run(query, operation="hang")

            assert await backend_of(pool) != pid
        finally:
            os.kill(pid, signal.SIGCONT)
        await until_gone(watch, pid)


async def test_whoever_finds_all_connections_used_waits_no_longer_than_the_budget(
    database: str, events: Recorder
) -> None:
    async with open_pool(database, events=events, maximum=1, acquire_timeout_seconds=0.05) as pool, pool.transaction():
        with pytest.raises(Overloaded):
            await pool.run(ONE, operation="one")

    assert len(events.of(AcquireTimedOut)) == 1
    (call,) = [event for event in events.of(DependencyCalled) if event.operation == "one"]
    assert (call.outcome, call.error_type) == ("rejected", "overloaded")


async def test_whoever_finds_no_room_in_its_class_of_work_waits_no_longer_than_the_budget(
    database: str, watch: Pool, events: Recorder
) -> None:
    async with open_pool(database, events=events, maximum=2, acquire_timeout_seconds=0.05) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (60,), operation="sleep"))
        await until_running(watch, "pg_sleep")

        with pytest.raises(Overloaded):
            await pool.run(ONE, operation="one")

        await pool.execute("SELECT 1")
        task.cancel()
    assert [event.name for event in events.of(BulkheadRejected)] == ["postgres.reads"]


async def test_callers_are_served_in_the_order_they_came(database: str, watch: Pool) -> None:
    async with open_pool(database, maximum=1, attempts=1) as pool:
        holding = asyncio.create_task(pool.run(SLEEP, (60,), operation="sleep"))
        pid = await until_running(watch, "pg_sleep")
        served: list[int] = []

        async def call(number: int) -> None:
            await pool.run(ONE, operation="one")
            served.append(number)

        callers = [asyncio.create_task(call(number)) for number in range(10)]
        await asyncio.sleep(0)
        await watch.run(TERMINATE, (pid,), operation="terminate")
        await asyncio.gather(holding, *callers, return_exceptions=True)

        assert served == list(range(10))


async def test_closing_lets_a_running_statement_finish(database: str, watch: Pool) -> None:
    async with open_pool(database) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (0.2,), operation="sleep"))
        await until_running(watch, "pg_sleep")

        await pool.close()

        assert await task == [(b"",)]


async def test_closing_breaks_off_what_does_not_finish(database: str, watch: Pool) -> None:
    async with open_pool(database, close_timeout_seconds=0.05) as pool:
        task = asyncio.create_task(pool.run(SLEEP, (60,), operation="sleep"))
        pid = await until_running(watch, "pg_sleep")

        await pool.close()

        with pytest.raises(Unavailable):
            await task
        await until_gone(watch, pid)


async def test_a_server_that_accepts_and_never_answers_is_given_up_within_the_connect_budget() -> None:
    accepted: list[asyncio.StreamWriter] = []

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        with pytest.raises(Unavailable):
            async with open_pool(f"host=127.0.0.1 port={port}", connect_timeout_seconds=0.1):
                pass

        for writer in accepted:
            writer.close()


async def test_a_server_that_is_not_there_is_unavailable_at_once() -> None:
    with pytest.raises(Unavailable) as caught:
        async with open_pool("host=127.0.0.1 port=1"):
            pass

    assert "refused" in str(caught.value.__cause__)
    assert "refused" not in caught.value.detail
    assert cause_of(caught.value) == "NobodyListens"


async def test_a_role_that_the_server_does_not_have_is_unavailable_and_named_as_the_cause(database: str) -> None:
    with pytest.raises(Unavailable) as caught:
        async with open_pool(make_dsn(database, user="nobody")):
            pass

    assert cause_of(caught.value) == "LoginRefused"


async def test_two_hundred_callers_some_of_whom_leave_lose_no_connection(database: str, events: Recorder) -> None:
    async with open_pool(database, events=events, maximum=4, acquire_timeout_seconds=30.0) as pool:
        tasks = [asyncio.create_task(pool.run(SLEEP, (0.001,), operation="sleep")) for _ in range(200)]
        for doomed in tasks[::5]:
            await pool.run(ONE, operation="one")
            doomed.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)

        left = [result for result in results if result != [(b"",)]]
        assert {type(result) for result in left} <= {asyncio.CancelledError}
        assert (pool.size.used, pool.size.pending) == (0, 0)
        opened, dropped = len(events.of(ConnectionOpened)), len(events.of(ConnectionDropped))
        assert opened - dropped == pool.size.idle <= 4

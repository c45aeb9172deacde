"""What Postgres sees of the trace a statement runs for."""

from collections.abc import AsyncIterator, Iterator

import pytest

from storage.postgres.pool import Pool
from storage.postgres.statement import statement
from telemetry.context import CURRENT_REQUEST, Identifier, RequestContext
from tests.integration.open_pool import open_pool

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OWN = statement(
    "SELECT query, $1 FROM pg_stat_activity WHERE pid = pg_backend_pid()", types={"value": "text"}, writes=False
)
SCRIPT = "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
PRIVATE = "canary-7f3a"


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, maximum=1) as opened:
        yield opened


@pytest.fixture
def sampled() -> Iterator[RequestContext]:
    yield from _answering("01")


@pytest.fixture
def unsampled() -> Iterator[RequestContext]:
    yield from _answering("00")


def _answering(flags: str) -> Iterator[RequestContext]:
    context = Identifier()("r-1", [f"00-{TRACE}-00f067aa0ba902b7-{flags}"])
    token = CURRENT_REQUEST.set(context)
    yield context
    CURRENT_REQUEST.reset(token)


def comment(context: RequestContext, *, call: int) -> str:
    return f"/*traceparent='00-{TRACE}-{context.span_id_of(call)}-01'*/"


async def seen(pool: Pool) -> str:
    """The statement's text, as Postgres shows it while it runs."""
    ((text, value),) = await pool.run(OWN, (PRIVATE,), operation="own")
    assert isinstance(text, bytes)
    assert value == PRIVATE.encode()
    return text.decode()


async def test_a_statement_of_a_sampled_trace_says_for_which_call_it_runs(pool: Pool, sampled: RequestContext) -> None:
    first, second, third = [await seen(pool) for _ in range(3)]

    assert first.endswith(f"{comment(sampled, call=1)} EXECUTE {OWN.name} ('{PRIVATE}')")
    assert second == f"{comment(sampled, call=2)} EXECUTE {OWN.name} ('{PRIVATE}')"
    assert third.startswith(comment(sampled, call=3))


async def test_statements_of_a_transaction_and_scripts_say_so_too(pool: Pool, sampled: RequestContext) -> None:
    async with pool.transaction() as together:
        ((text, _),) = await together.run(OWN, (PRIVATE,), operation="own")
    ((script,),) = await pool.execute(SCRIPT)

    assert isinstance(text, bytes)
    assert isinstance(script, bytes)
    assert text.startswith(b"BEGIN;")
    assert comment(sampled, call=2) in text.decode()  # the first call took the connection
    assert script.decode() == f"{comment(sampled, call=4)} {SCRIPT}"  # the third committed


async def test_a_statement_of_a_trace_that_is_not_sampled_bears_none(pool: Pool, unsampled: RequestContext) -> None:
    assert "traceparent" not in await seen(pool)


async def test_a_statement_outside_of_any_request_bears_none(pool: Pool) -> None:
    assert "traceparent" not in await seen(pool)

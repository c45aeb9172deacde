"""Pools for tests, with budgets short enough to see them end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from storage.postgres.pool import Pool
from storage.postgres.statement import statement
from tests.recorder import Recorder

BACKEND = statement("SELECT pg_backend_pid()", types={}, writes=False)
SLEEP = statement("SELECT pg_sleep($1)::text", types={"seconds": "double precision"}, writes=False)
RUNNING = statement(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND state = 'active' AND query LIKE '%' || $1 || '%'",
    types={"part": "text"},
    writes=False,
)
ALIVE = statement("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", types={"pid": "integer"}, writes=False)
TERMINATE = statement("SELECT pg_terminate_backend($1)", types={"pid": "integer"}, writes=False)


@asynccontextmanager
async def open_pool(dsn: str, *, events: Recorder | None = None, **policy: Any) -> AsyncIterator[Pool]:
    """A pool of one to four connections unless `policy` says otherwise, closed afterwards."""
    numbers = {"minimum": 1, "maximum": 4, "close_timeout_seconds": 1.0, **policy}
    pool = Pool(dsn, policy=PoolPolicy(**numbers), senses=Senses(observe=events or Recorder()))
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def backend_of(pool: Pool) -> int:
    """The process id of the server's end of the connection used next."""
    ((pid,),) = await pool.run(BACKEND, operation="backend")
    assert isinstance(pid, int)
    return pid


async def until_running(watch: Pool, part: str) -> int:
    """Wait until a query whose text contains `part` runs; its process id."""
    while not (rows := await watch.run(RUNNING, (part,), operation="running")):
        pass
    pid = rows[0][0]
    assert isinstance(pid, int)
    return pid


async def until_gone(watch: Pool, pid: int) -> None:
    """Wait until the server process has ended."""
    while await watch.run(ALIVE, (pid,), operation="alive") != [(0,)]:
        pass

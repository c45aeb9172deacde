"""Asks a Postgres server how it is: its connections, its oldest transaction, its replicas, what the database did."""

from functools import cache
from pathlib import Path

from storage.postgres.statement import Statement, statement
from storage.runner import Runner
from telemetry.server_states import PostgresState


@cache
def _state_statement() -> Statement:
    sql = Path(__file__).with_name("server_state.sql").read_text(encoding="utf-8")
    return statement(sql, types={}, writes=False)


async def postgres_state(runner: Runner) -> PostgresState:
    """How it is now; raises as the runner does."""
    (row,) = await runner.run(_state_statement(), operation="server_state")
    return PostgresState(
        active=row[0],
        idle=row[1],
        idle_in_transaction=row[2],
        unknown=row[3],
        connections_at_most=row[4],
        oldest_transaction_seconds=row[5],
        commits=row[6],
        rollbacks=row[7],
        deadlocks=row[8],
        size_bytes=row[9],
        replicas=row[10],
        lag_seconds=row[11],
    )

"""Asking Postgres something without a pool: one connection a question."""

import asyncio
from contextlib import closing

import psycopg2


async def run_sql(dsn: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    await asyncio.to_thread(_execute, dsn, statement)


async def ask(dsn: str, question: str) -> tuple[object, ...] | None:
    """The first row of the answer."""
    return await asyncio.to_thread(_fetch, dsn, question)


def _execute(dsn: str, statement: str) -> None:
    with closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def _fetch(dsn: str, question: str) -> tuple[object, ...] | None:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        row: tuple[object, ...] | None = cursor.fetchone()
        return row

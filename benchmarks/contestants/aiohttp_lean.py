"""aiohttp over aiopg connections as lean as it gets by hand: kept cursors, prepared statements, JSON from Postgres."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import aiopg
import orjson
from aiohttp import web
from psycopg2.extensions import BYTES, register_type

from benchmarks.contestant import POOL_CONNECTIONS, Contestant, python_program
from benchmarks.contestants.bare import (
    JSON_RENDERED,
    PAGE,
    Handlers,
    application,
    created,
    json_answer,
    postgres_dsn,
    run,
)

_PREPARE = f"""
PREPARE get_one (uuid) AS SELECT row_to_json(r)::text FROM ({JSON_RENDERED} FROM product WHERE id = $1) r;
PREPARE get_page AS
SELECT string_agg(row_to_json(r)::text, ',') FILTER (WHERE place <= {PAGE}), count(*),
       max(r.id::text) FILTER (WHERE place = {PAGE})
FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM product ORDER BY id LIMIT {PAGE + 1}) p,
     LATERAL ({JSON_RENDERED}) r;
PREPARE make (uuid, text, text, numeric, bigint, jsonb) AS
WITH made AS (INSERT INTO product (id, sku, name, price, stock, tags) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *)
SELECT row_to_json(r)::text FROM ({JSON_RENDERED} FROM made) r;
"""  # noqa: S608 - names and numbers of ours

CONTESTANT = Contestant(
    name="aiohttp_lean",
    title="aiohttp + aiopg, lean",
    does="No pool to speak of: idle connections in a stack, one cursor kept for each, statements prepared, JSON from "
    "Postgres passed on as bytes. No timeout, no reconnect: a floor, not a service.",
    libraries=("aiohttp", "aiopg", "psycopg2-binary", "uvloop", "orjson"),
    launch=python_program("benchmarks.contestants.aiohttp_lean"),
)

Idle = asyncio.LifoQueue[aiopg.Cursor]
IDLE: web.AppKey[Idle] = web.AppKey("idle", asyncio.LifoQueue)


async def read(request: web.Request) -> web.Response:
    row = await _row(request, "EXECUTE get_one (%s)", (request.match_info["id"],))
    if row is None:
        raise web.HTTPNotFound
    return json_answer(row[0])


async def list_products(request: web.Request) -> web.Response:
    row = await _row(request, "EXECUTE get_page", None)
    assert row is not None
    items, count, last = row
    following = b'"%b"' % last if count > PAGE else b"null"
    return json_answer(b'{"items":[%b],"next":%b}' % (items or b"", following))


async def create(request: web.Request) -> web.Response:
    given = orjson.loads(await request.read())
    key = str(uuid4())
    tags = orjson.dumps(given["tags"]).decode()
    values = (key, given["sku"], given["name"], given["price"], given["stock"], tags)
    row = await _row(request, "EXECUTE make (%s, %s, %s, %s, %s, %s)", values)
    assert row is not None
    return created(row[0], key)


async def _row(request: web.Request, sql: str, values: Sequence[object] | None) -> Sequence[Any] | None:
    idle = request.app[IDLE]
    cursor = await idle.get()
    try:
        await cursor.execute(sql, values)
        row: Sequence[Any] | None = cursor.raw.fetchone()
        return row
    finally:
        idle.put_nowait(cursor)


async def _connections(app: web.Application) -> AsyncIterator[None]:
    app[IDLE] = asyncio.LifoQueue()
    async with AsyncExitStack() as held:
        for _ in range(POOL_CONNECTIONS):
            connection = await held.enter_async_context(aiopg.connect(postgres_dsn(), enable_json=False))
            cursor = await connection.cursor()
            await cursor.execute(_PREPARE)
            register_type(BYTES, cursor.raw)
            app[IDLE].put_nowait(cursor)
        yield


if __name__ == "__main__":
    run(application(Handlers(read=read, list_products=list_products, create=create), _connections))

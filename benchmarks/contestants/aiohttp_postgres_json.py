"""aiohttp and aiopg's own pool, a cursor a request, with the JSON rendered by Postgres."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import aiopg
import orjson
from aiohttp import web
from psycopg2.extras import Json

from benchmarks.contestant import Contestant, python_program
from benchmarks.contestants.bare import JSON_RENDERED, PAGE, Handlers, application, created, json_answer, open_pool, run

POOL: web.AppKey[aiopg.Pool] = web.AppKey("pool", aiopg.Pool)

_READ = f"SELECT row_to_json(r)::text FROM ({JSON_RENDERED} FROM product WHERE id = %s) r"  # noqa: S608 - names of ours
_LIST = (
    f"SELECT string_agg(row_to_json(r)::text, ',') FILTER (WHERE place <= {PAGE}), count(*),"  # noqa: S608 - as above
    f" max(r.id::text) FILTER (WHERE place = {PAGE})"
    f" FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM product ORDER BY id LIMIT {PAGE + 1}) p,"
    f" LATERAL ({JSON_RENDERED}) r"
)
_CREATE = (
    "WITH made AS (INSERT INTO product (id, sku, name, price, stock, tags) VALUES (%s, %s, %s, %s, %s, %s) RETURNING *)"  # noqa: S608 - as above
    f" SELECT row_to_json(r)::text FROM ({JSON_RENDERED} FROM made) r"
)

CONTESTANT = Contestant(
    name="aiohttp_postgres_json",
    title="aiohttp + aiopg, JSON from Postgres",
    does="aiopg's pool and a cursor a request as before; Postgres renders the JSON, Python passes it on.",
    libraries=("aiohttp", "aiopg", "psycopg2-binary", "uvloop", "orjson"),
    launch=python_program("benchmarks.contestants.aiohttp_postgres_json"),
)


async def read(request: web.Request) -> web.Response:
    row = await _row(request, _READ, (request.match_info["id"],))
    if row is None:
        raise web.HTTPNotFound
    return json_answer(row[0].encode())


async def list_products(request: web.Request) -> web.Response:
    row = await _row(request, _LIST, ())
    assert row is not None
    items, count, last = row
    following = f'"{last}"' if count > PAGE else "null"
    return json_answer(f'{{"items":[{items or ""}],"next":{following}}}'.encode())


async def create(request: web.Request) -> web.Response:
    given = await request.json(loads=orjson.loads)
    key = str(uuid4())
    values = (key, given["sku"], given["name"], given["price"], given["stock"], Json(given["tags"]))
    row = await _row(request, _CREATE, values)
    assert row is not None
    return created(row[0].encode(), key)


async def _row(request: web.Request, sql: str, values: Sequence[object]) -> Sequence[Any] | None:
    async with request.app[POOL].acquire() as connection, connection.cursor() as cursor:
        await cursor.execute(sql, values)
        row: Sequence[Any] | None = await cursor.fetchone()
        return row


async def _pool(app: web.Application) -> AsyncIterator[None]:
    async with await open_pool() as app[POOL]:
        yield


if __name__ == "__main__":
    run(application(Handlers(read=read, list_products=list_products, create=create), _pool))

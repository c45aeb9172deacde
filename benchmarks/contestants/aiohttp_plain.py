"""aiohttp and aiopg the way aiopg's documentation shows: a cursor a request, rows to dicts, dicts to JSON."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import aiopg
import orjson
from aiohttp import web
from psycopg2.extras import Json

from benchmarks.contestant import Contestant, python_program
from benchmarks.contestants.bare import COLUMNS, PAGE, Handlers, application, created, json_answer, open_pool, run

POOL: web.AppKey[aiopg.Pool] = web.AppKey("pool", aiopg.Pool)

_READ = f"SELECT {', '.join(COLUMNS)} FROM product WHERE id = %s"  # noqa: S608 - names of ours
_LIST = f"SELECT {', '.join(COLUMNS)} FROM product ORDER BY id LIMIT {PAGE + 1}"  # noqa: S608 - as above
_CREATE = (
    "INSERT INTO product (id, sku, name, price, stock, tags) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 - as above
    f" RETURNING {', '.join(COLUMNS)}"
)

CONTESTANT = Contestant(
    name="aiohttp_plain",
    title="aiohttp + aiopg, plain",
    does="aiopg's pool, a cursor a request, rows made dicts and dicts made JSON (by orjson) in Python.",
    libraries=("aiohttp", "aiopg", "psycopg2-binary", "uvloop", "orjson", "redis"),
    launch=python_program("benchmarks.contestants.aiohttp_plain"),
)


async def read(request: web.Request) -> web.Response:
    rows = await _rows(request, _READ, (request.match_info["id"],))
    if not rows:
        raise web.HTTPNotFound
    return json_answer(_json(_record(rows[0])))


async def list_products(request: web.Request) -> web.Response:
    records = [_record(row) for row in await _rows(request, _LIST, ())]
    following = str(records[PAGE - 1]["id"]) if len(records) > PAGE else None
    return json_answer(_json({"items": records[:PAGE], "next": following}))


async def create(request: web.Request) -> web.Response:
    given = await request.json(loads=orjson.loads)
    values = (str(uuid4()), given["sku"], given["name"], given["price"], given["stock"], Json(given["tags"]))
    rows = await _rows(request, _CREATE, values)
    record = _record(rows[0])
    return created(_json(record), record["id"])


async def _rows(request: web.Request, sql: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
    async with request.app[POOL].acquire() as connection, connection.cursor() as cursor:
        await cursor.execute(sql, values)
        rows: Sequence[Sequence[Any]] = await cursor.fetchall()
        return rows


def _record(row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(COLUMNS, row, strict=True))


def _json(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)  # a Decimal is written as text


async def _pool(app: web.Application) -> AsyncIterator[None]:
    async with await open_pool() as app[POOL]:
        yield


if __name__ == "__main__":
    run(application(Handlers(read=read, list_products=list_products, create=create), _pool))

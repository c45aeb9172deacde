"""What the bare aiohttp servers share: the table's columns, the answers' forms, and how they are run."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import aiopg
import orjson
import uvloop
from aiohttp import web
from redis import asyncio as aioredis

from benchmarks.contestant import DSN_VARIABLE, POOL_CONNECTIONS, PORT_VARIABLE, REDIS_VARIABLE

COLUMNS = ("id", "sku", "name", "price", "stock", "tags", "version", "created_at", "updated_at")
PAGE = 20
JSON_RENDERED = (
    "SELECT id, sku, name, price::text AS price, stock, tags, version,"
    " to_char(timezone('UTC', created_at), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS created_at,"
    " to_char(timezone('UTC', updated_at), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS updated_at"
)
"""The columns such that `row_to_json` writes them as callers see them; a FROM follows."""


CACHE: web.AppKey[aioredis.Redis] = web.AppKey("cache", aioredis.Redis)
_CACHE_SECONDS = 3_600

Handle = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """How a server answers what needs the database."""

    read: Handle
    list_products: Handle
    create: Handle


def application(handlers: Handlers, held: Callable[[web.Application], AsyncIterator[None]]) -> web.Application:
    """The addresses every contestant has; `held` opens what the handlers use and closes it in the end."""
    app = web.Application()
    app.cleanup_ctx.append(held)
    app.cleanup_ctx.append(_cache)
    app.router.add_get("/ping", ping)
    app.router.add_get("/products", handlers.list_products)
    app.router.add_get("/products/{id}", handlers.read)
    app.router.add_get("/cached/products/{id}", partial(_kept, handlers.read))
    app.router.add_post("/products", handlers.create)
    return app


def postgres_dsn() -> str:
    """The database's address, its session in UTC as the answers' times are."""
    return f"{os.environ[DSN_VARIABLE]}?options=-c%20TimeZone%3DUTC"


async def open_pool() -> aiopg.Pool:
    """aiopg's own pool, all connections opened beforehand."""
    return await aiopg.create_pool(postgres_dsn(), minsize=POOL_CONNECTIONS, maxsize=POOL_CONNECTIONS)


async def _cache(app: web.Application) -> AsyncIterator[None]:
    async with aioredis.from_url(os.environ[REDIS_VARIABLE]) as client:
        app[CACHE] = client
        yield


async def _kept(read: Handle, request: web.Request) -> web.Response:
    key = f"product:{request.match_info['id']}"
    body = await request.app[CACHE].get(key)
    if isinstance(body, bytes):
        return json_answer(body)
    answer = await read(request)
    assert isinstance(answer.body, bytes)
    await request.app[CACHE].set(key, answer.body, ex=_CACHE_SECONDS)
    return answer


async def ping(_request: web.Request) -> web.Response:
    """An answer without a database."""
    return json_answer(orjson.dumps({"status": "ok"}))


def json_answer(body: bytes) -> web.Response:
    """200 with finished JSON."""
    return web.Response(body=body, content_type="application/json")


def created(body: bytes, key: object) -> web.Response:
    """201 with finished JSON and where it is from now on."""
    headers = {"Location": f"/products/{key}"}
    return web.Response(body=body, status=201, content_type="application/json", headers=headers)


def run(app: web.Application) -> None:
    """Serve on uvloop, without an access log, until told to stop."""
    port = int(os.environ[PORT_VARIABLE])
    loop = uvloop.new_event_loop()
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=loop)

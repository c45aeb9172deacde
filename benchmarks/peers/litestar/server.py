"""Products on Litestar and what its own documentation puts around it.

`python server.py`; the environment says where: BENCH_PORT, BENCH_POSTGRES_DSN, BENCH_REDIS_URL, BENCH_TOKEN_SECRET.
"""

import hashlib
import json
import os
import sys
from asyncio import timeout
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import structlog
import uvicorn
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.logging.config import StructLoggingConfig
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from litestar.plugins.structlog import StructlogConfig, StructlogPlugin
from litestar.security.jwt import JWTAuth, Token
from litestar.stores.redis import RedisStore
from purgatory import AsyncCircuitBreakerFactory
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

POOL_CONNECTIONS = 10
DEADLINE_SECONDS = 10.0
CACHE_SECONDS = 3_600
PAGE = 20
PLENTY = 1_000_000
ISSUER, AUDIENCE = "https://id.example.org", "benchmark"
COLUMNS = "id, sku, name, price, stock, tags, version, created_at, updated_at"


class NewProduct(msgspec.Struct, kw_only=True):
    sku: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{3,32}$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    price: Decimal
    stock: Annotated[int, msgspec.Meta(ge=0)] = 0
    tags: list[str] = []

    def __post_init__(self) -> None:
        if self.price < 0:
            raise ValueError("a price is not below 0")


class Product(NewProduct, kw_only=True):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


class Page(msgspec.Struct):
    items: list[Product]
    next: str | None


class Pong(msgspec.Struct):
    status: str


class Done(msgspec.Struct):
    key: str


@dataclass
class Caller:
    subject: str


async def caller(token: Token, _connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    return Caller(subject=token.sub)


breaker = AsyncCircuitBreakerFactory(default_threshold=5, default_ttl=30)
store = RedisStore.with_client(url=os.environ["BENCH_REDIS_URL"])
authentication = JWTAuth[Caller](
    retrieve_user_handler=caller,
    token_secret=os.environ["BENCH_TOKEN_SECRET"],
    algorithm="HS256",
    accepted_audiences=[AUDIENCE],
    accepted_issuers=[ISSUER],
    exclude=["/metrics", "/schema"],
)


@asynccontextmanager
async def database(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ["BENCH_POSTGRES_DSN"], min_size=POOL_CONNECTIONS, max_size=POOL_CONNECTIONS, init=_prepare
    ) as pool:
        app.state.pool = pool
        yield


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    await connection.execute("SET TIME ZONE 'UTC'")


@retry(
    retry=retry_if_exception_type((asyncpg.PostgresConnectionError, OSError)),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(multiplier=0.05, max=1),
    reraise=True,
)
async def fetched(pool: asyncpg.Pool, sql: str, *values: Any) -> list[asyncpg.Record]:
    async with await breaker.get_breaker("postgres"), timeout(DEADLINE_SECONDS):
        return await pool.fetch(sql, *values)


@get("/ping")
async def ping() -> Pong:
    return Pong(status="ok")


@get("/work")
async def work() -> Done:
    return Done(key=hashlib.pbkdf2_hmac("sha256", b"overload", b"salt", 4_000).hex()[:16])


@get("/products/{key:uuid}")
async def read(request: Request[Any, Any, Any], key: UUID) -> Product:
    return await _product(request, key)


@get("/cached/products/{key:uuid}")
async def read_cached(request: Request[Any, Any, Any], key: UUID) -> Response[bytes]:
    kept = await store.get(f"product:{key}")
    if kept is None:
        kept = msgspec.json.encode(await _product(request, key))
        await store.set(f"product:{key}", kept, expires_in=CACHE_SECONDS)
    return Response(content=kept, media_type=MediaType.JSON)


@get("/products")
async def page(request: Request[Any, Any, Any]) -> Page:
    rows = await fetched(request.app.state.pool, f"SELECT {COLUMNS} FROM product ORDER BY id LIMIT $1", PAGE + 1)
    following = urlsafe_b64encode(rows[PAGE - 1]["id"].bytes).decode() if len(rows) > PAGE else None
    return Page(items=[Product(**row) for row in rows[:PAGE]], next=following)


@post("/products")
async def create(request: Request[Any, Any, Any], data: NewProduct) -> Response[Product]:
    rows = await fetched(
        request.app.state.pool,
        f"INSERT INTO product (id, sku, name, price, stock, tags) VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}",
        uuid4(),
        data.sku,
        data.name,
        data.price,
        data.stock,
        data.tags,
    )
    return Response(Product(**rows[0]), headers={"Location": f"/products/{rows[0]['id']}"})


async def _product(request: Request[Any, Any, Any], key: UUID) -> Product:
    rows = await fetched(request.app.state.pool, f"SELECT {COLUMNS} FROM product WHERE id = $1", key)
    if not rows:
        raise NotFoundException("There is no such product.")
    return Product(**rows[0])


def who(request: Request[Any, Any, Any]) -> str:
    """For the limiter."""
    return request.user.subject


app = Litestar(
    route_handlers=[ping, work, read, read_cached, page, create, PrometheusController],
    lifespan=[database],
    stores={"rate_limit": store},
    on_app_init=[authentication.on_app_init],
    middleware=[
        PrometheusConfig(group_path=True).middleware,
        RateLimitConfig(rate_limit=("minute", PLENTY), exclude=["/metrics"], identifier_for_request=who).middleware,
    ],
    plugins=[
        StructlogPlugin(
            StructlogConfig(
                structlog_logging_config=StructLoggingConfig(
                    logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer), log_exceptions="always"
                ),
                middleware_logging_config=LoggingMiddlewareConfig(
                    request_log_fields=("method", "path"), response_log_fields=("status_code",)
                ),
            )
        )
    ],
)

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), loop="uvloop", http="httptools", access_log=False
    )

"""Products on FastAPI and what its users put around it, each used as its own documentation shows.

`python server.py`; the environment says where: BENCH_PORT, BENCH_POSTGRES_DSN, BENCH_REDIS_URL, BENCH_TOKEN_SECRET.
"""

import hashlib
import json
import os
import sys
import time
from asyncio import timeout
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import jwt
import redis.asyncio as redis
import structlog
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_limiter import FastAPILimiter
from fastapi_limiter.depends import RateLimiter
from prometheus_fastapi_instrumentator import Instrumentator
from purgatory import AsyncCircuitBreakerFactory
from pydantic import BaseModel, Field
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

POOL_CONNECTIONS = 10
DEADLINE_SECONDS = 10.0
CACHE_SECONDS = 3_600
PAGE = 20
PLENTY = 1_000_000
ISSUER, AUDIENCE = "https://id.example.org", "benchmark"
COLUMNS = "id, sku, name, price, stock, tags, version, created_at, updated_at"


class NewProduct(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z0-9-]{3,32}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    price: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
    stock: Annotated[int, Field(ge=0)] = 0
    tags: list[str] = []


class Product(NewProduct):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    items: list[Product]
    next: str | None


class Pong(BaseModel):
    status: str


class Done(BaseModel):
    key: str


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
)
log = structlog.get_logger()
breaker = AsyncCircuitBreakerFactory(default_threshold=5, default_ttl=30)
bearer = HTTPBearer()


async def subject(request: Request, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    try:
        claims = jwt.decode(
            credentials.credentials,
            os.environ["BENCH_TOKEN_SECRET"],
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=ISSUER,
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(status_code=401, detail="The token is not taken.") from error
    request.state.subject = claims["sub"]
    return claims["sub"]


async def who(request: Request) -> str:
    """For the limiter."""
    return request.state.subject


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    client = redis.from_url(os.environ["BENCH_REDIS_URL"])
    await FastAPILimiter.init(client, identifier=who)
    app.state.redis = client
    async with asyncpg.create_pool(
        os.environ["BENCH_POSTGRES_DSN"], min_size=POOL_CONNECTIONS, max_size=POOL_CONNECTIONS, init=_prepare
    ) as pool:
        app.state.pool = pool
        yield
    await client.aclose()


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    await connection.execute("SET TIME ZONE 'UTC'")


app = FastAPI(lifespan=lifespan, dependencies=[Depends(subject), Depends(RateLimiter(times=PLENTY, seconds=60))])
Instrumentator().instrument(app).expose(app)


@app.middleware("http")
async def log_requests(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request.headers.get("x-request-id") or uuid4().hex)
    started = time.perf_counter()
    response = await call_next(request)
    log.info(
        "request",
        method=request.method,
        path=request.url.path,
        status=response.status_code,
        duration_seconds=time.perf_counter() - started,
    )
    return response


@retry(
    retry=retry_if_exception_type((asyncpg.PostgresConnectionError, OSError)),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(multiplier=0.05, max=1),
    reraise=True,
)
async def fetched(pool: asyncpg.Pool, sql: str, *values: Any) -> list[asyncpg.Record]:
    async with await breaker.get_breaker("postgres"), timeout(DEADLINE_SECONDS):
        return await pool.fetch(sql, *values)


@app.get("/ping")
async def ping() -> Pong:
    return Pong(status="ok")


@app.get("/work")
async def work() -> Done:
    return Done(key=hashlib.pbkdf2_hmac("sha256", b"overload", b"salt", 4_000).hex()[:16])


@app.get("/products/{key}")
async def read(request: Request, key: UUID) -> Product:
    return await _product(request, key)


@app.get("/cached/products/{key}")
async def read_cached(request: Request, key: UUID) -> Response:
    cache: redis.Redis = request.app.state.redis
    kept = await cache.get(f"product:{key}")
    if kept is None:
        product = await _product(request, key)
        kept = product.model_dump_json()
        await cache.set(f"product:{key}", kept, ex=CACHE_SECONDS)
    return Response(content=kept, media_type="application/json")


@app.get("/products")
async def page(request: Request) -> Page:
    rows = await fetched(request.app.state.pool, f"SELECT {COLUMNS} FROM product ORDER BY id LIMIT $1", PAGE + 1)
    following = urlsafe_b64encode(rows[PAGE - 1]["id"].bytes).decode() if len(rows) > PAGE else None
    return Page(items=[Product(**row) for row in rows[:PAGE]], next=following)


@app.post("/products", status_code=201)
async def create(request: Request, response: Response, product: NewProduct) -> Product:
    rows = await fetched(
        request.app.state.pool,
        f"INSERT INTO product (id, sku, name, price, stock, tags) VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}",
        uuid4(),
        product.sku,
        product.name,
        product.price,
        product.stock,
        product.tags,
    )
    response.headers["Location"] = f"/products/{rows[0]['id']}"
    return Product(**rows[0])


async def _product(request: Request, key: UUID) -> Product:
    rows = await fetched(request.app.state.pool, f"SELECT {COLUMNS} FROM product WHERE id = $1", key)
    if not rows:
        raise HTTPException(status_code=404, detail="There is no such product.")
    return Product(**rows[0])


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), loop="uvloop", http="httptools", access_log=False
    )

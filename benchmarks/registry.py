"""Who takes part, in the tables' order. To add one: a file in contestants/ and a name here."""

from benchmarks.contestants import aiohttp_lean, aiohttp_plain, aiohttp_postgres_json, mainstay
from benchmarks.contestants.peers import FASTAPI_FULL, FASTIFY_FULL, LITESTAR_FULL

CONTESTANTS = (
    mainstay.COMPILED,
    mainstay.CONTESTANT,
    FASTAPI_FULL,
    LITESTAR_FULL,
    FASTIFY_FULL,
    aiohttp_plain.CONTESTANT,
    aiohttp_postgres_json.CONTESTANT,
    aiohttp_lean.CONTESTANT,
)

REFERENCE = aiohttp_postgres_json.CONTESTANT
"""Whom the others are compared with."""

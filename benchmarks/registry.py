"""Who takes part, in the tables' order. To add one: a file in contestants/ and a name here."""

from benchmarks.contestants import aiohttp_lean, aiohttp_plain, aiohttp_postgres_json, mainstay

CONTESTANTS = (
    mainstay.CONTESTANT,
    aiohttp_plain.CONTESTANT,
    aiohttp_postgres_json.CONTESTANT,
    aiohttp_lean.CONTESTANT,
)

REFERENCE = aiohttp_plain.CONTESTANT
"""Whom the others are compared with."""

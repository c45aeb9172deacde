"""The shop over tables that are split by the hash of their keys, as an engine splits them over many servers."""

import asyncio
from contextlib import closing
from typing import Any

import aiohttp
import psycopg2
import pytest

from server.declaration import Declaration
from server.service_file import checked_file
from server.testing import ServedService, served
from storage.embedded import Endpoints
from tests.source_tree import PROJECT

PARTS = 4
CATEGORY = {"slug": "mugs", "name": "Mugs"}
PRODUCT = {
    "sku": "MUG-001",
    "name": "Mug",
    "category_slug": "mugs",
    "price": "9.50",
    "stock": 5,
    "released_on": "2026-01-01",
    "tags": ["gift"],
}
BASKET = {
    "email": "ada@example.org",
    "name": "Ada",
    "ship_to": {"street": "Hill Road 1", "city": "Bern"},
    "lines": [{"sku": "MUG-001"}],
}
SECRETS = {"accounts_secret": "of a shop that lasts as long as a test", "encryption_keys": f"a:{'A' * 43}="}
OF_TABLES = """
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
           conname
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f')
    ORDER BY contype = 'f', conname
"""
OF_INDEXES = """
    SELECT pg_get_indexdef(indexrelid), indexrelid::regclass::text FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT indisunique
"""


def split(dsn: str, declaration: Declaration) -> list[str]:
    """Make every table anew, in parts; the names of the constraints and indexes that cannot be had then."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        wanted: list[tuple[str, str]] = []
        for question in (OF_TABLES, OF_INDEXES):
            cursor.execute(question)
            wanted += cursor.fetchall()
        cursor.execute("ALTER SCHEMA public RENAME TO whole; CREATE SCHEMA public")
        for record_type in declaration.types.values():
            table, key = record_type.table, record_type.fields[0].name
            cursor.execute(
                f'CREATE TABLE "{table}" (LIKE whole."{table}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS) '
                f'PARTITION BY HASH ("{key}")'
            )
            for part in range(PARTS):
                bounds = f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
                cursor.execute(f'CREATE TABLE "{table}_{part}" PARTITION OF "{table}" {bounds}')
        lost = []
        for statement, name in wanted:
            try:
                cursor.execute(statement)
            except psycopg2.errors.FeatureNotSupported:
                lost.append(name)
        return lost


class Caller:
    """Asks as staff."""

    def __init__(self, session: aiohttp.ClientSession, key: str) -> None:
        self._session = session
        self._credential = {"Authorization": f"Bearer {key}"}

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status, and the document."""
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        async with self._session.request(method, path, json=body, headers={**self._credential, **headers}) as answer:
            return answer.status, await answer.json() if answer.content_length else None


async def called(service: ServedService) -> dict[str, object]:
    """What one of each kind of request comes to."""
    async with aiohttp.ClientSession(service.url) as session:
        ask = Caller(session, await service.key("staff"))
        _, category = await ask("POST", "/categories", CATEGORY)
        status, product = await ask("POST", "/products", PRODUCT, Idempotency_Key="one")
        place = f"/products/{product['id']}"
        return {
            "create": (category["slug"], status),
            "create again, same key": (await ask("POST", "/products", PRODUCT, Idempotency_Key="one"))[1] == product,
            "create with a key that is there": (await ask("POST", "/categories", CATEGORY))[0],
            "refer to nothing": (await ask("POST", "/products", {**PRODUCT, "category_slug": "none"}))[0],
            "read": (await ask("GET", f"{place}?expand=category"))[1]["category"]["name"],
            "list": (await ask("GET", "/products?price[gte]=5&sort=-price", Prefer="count=exact"))[1]["total"],
            "change": (await ask("PATCH", place, {"price": "10.00"}))[1]["price"],
            "transaction": (await ask("POST", "/checkout", BASKET))[1]["total"],
            "delete what is referred to": (await ask("DELETE", "/categories/mugs"))[0],
            "create one not unique": (await ask("POST", "/products", PRODUCT))[0],
        }


@pytest.fixture
def declaration() -> Declaration:
    return checked_file(PROJECT / "examples/shop/service.py")


async def test_all_works_but_what_is_unique_across_all_parts(
    declaration: Declaration, database: str, embedded: Endpoints
) -> None:
    given: dict[str, Any] = {"postgres_dsn": database, "redis_url": embedded.redis_url, **SECRETS}
    async with served(declaration.service, **given):
        pass  # it has made its tables

    lost = await asyncio.to_thread(split, database, declaration)
    async with served(declaration.service, **given, migrate="never") as service:
        done = await called(service)

    assert sorted(lost) == [
        "budget__company__month__unique",
        "order_line__order_id__product_id__unique",
        "product__sku__unique",
    ]
    assert done == {
        "create": ("mugs", 201),
        "create again, same key": True,
        "create with a key that is there": 409,
        "refer to nothing": 409,
        "read": "Mugs",
        "list": 1,
        "change": "10.00",
        "transaction": "10.00",
        "delete what is referred to": 409,
        "create one not unique": 201,
    }

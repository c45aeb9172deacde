"""The table all contestants share: made by Mainstay's own migration, filled by one statement, kept at its size."""

import asyncio
import sys
from pathlib import Path
from subprocess import DEVNULL

import psycopg2

from benchmarks.cases import NEW_SKU, PRODUCTS
from benchmarks.contestants.mainstay import SERVICE_FILE
from benchmarks.environment import environment_with

_FILL = f"""
INSERT INTO product (id, sku, name, price, stock, tags)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'SKU-' || n, 'Product number ' || n,
       round((n % 9000)::numeric / 7 + 1, 2), n % 250, jsonb_build_array('tag-' || n % 17, 'tag-' || n % 23)
FROM generate_series(1, {PRODUCTS}) AS n
"""  # noqa: S608 - a number of ours


async def make_products(postgres_dsn: str) -> None:
    """Make the table and its rows."""
    await migrate(postgres_dsn, SERVICE_FILE)
    await asyncio.to_thread(run_statements, postgres_dsn, _FILL, "VACUUM ANALYZE product")


async def remove_created(postgres_dsn: str) -> None:
    """Remove what the creates of a round made."""
    delete = f"DELETE FROM product WHERE sku LIKE '{NEW_SKU}%'"  # noqa: S608 - a word of ours
    await asyncio.to_thread(run_statements, postgres_dsn, delete, "VACUUM ANALYZE product")


async def postgres_version(postgres_dsn: str) -> str:
    """Such as `18.4`."""
    return await asyncio.to_thread(_asked_version, postgres_dsn)


async def migrate(postgres_dsn: str, service_file: Path) -> None:
    """Make a service's tables."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("mainstay"),
        "migrate",
        service_file,
        "--apply",
        env=environment_with({"MAINSTAY_POSTGRES_DSN": postgres_dsn}),
        stdout=DEVNULL,
    )
    code = await process.wait()
    if code != 0:
        raise RuntimeError(f"mainstay migrate ended with {code}")


def run_statements(postgres_dsn: str, *statements: str) -> None:
    """One after another, each on its own."""
    connection = psycopg2.connect(postgres_dsn)
    try:
        connection.autocommit = True  # VACUUM runs in no transaction
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def _asked_version(postgres_dsn: str) -> str:
    connection = psycopg2.connect(postgres_dsn)
    try:
        return f"{connection.server_version // 10_000}.{connection.server_version % 10_000}"
    finally:
        connection.close()

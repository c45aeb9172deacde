"""The keys of access tokens on a real Postgres, from the first to their successors."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from joserfc.util import urlsafe_b64decode

from server.accounts.signing_keys import PUBLISHED_BEFORE_SECONDS, SigningKeys, new_signing_key
from storage.credentials.signing_key_table import SUPERSEDED_SECONDS, SigningKeyTable
from storage.migrations.ledger import make_ready
from storage.postgres.pool import Pool
from tests.integration.open_pool import open_pool
from tests.integration.sql import ask, run_sql

SEAL = b"s" * 32


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    await asyncio.to_thread(make_ready, database)
    async with open_pool(database) as pool:
        yield pool


def signer_of(keys: SigningKeys) -> str:
    header = orjson.loads(urlsafe_b64decode(keys.signed({}).split(".")[0].encode()))
    return str(header["kid"])


def published(keys: SigningKeys) -> list[str]:
    return [key["kid"] for key in orjson.loads(keys.published)["keys"]]


async def let_pass(database: str, seconds: float) -> None:
    """Make every key so much older."""
    await run_sql(
        database,
        f"UPDATE mainstay_internal.signing_key SET signs_from = signs_from - interval '{seconds} seconds'",  # noqa: S608 - a number of the test
    )


async def test_a_successor_is_published_then_signs_and_then_is_alone(pool: Pool, database: str) -> None:
    table = SigningKeyTable(pool)
    keys = SigningKeys(table, SEAL)
    await keys.open()
    first, second, third = signer_of(keys), new_signing_key(SEAL), new_signing_key(SEAL)
    seen = []

    await table.succeed(second, signs_in_seconds=PUBLISHED_BEFORE_SECONDS)
    for seconds in (0.0, PUBLISHED_BEFORE_SECONDS + 1, SUPERSEDED_SECONDS):
        await let_pass(database, seconds)
        await keys.refresh()
        seen.append((signer_of(keys), published(keys)))
    await table.succeed(third, signs_in_seconds=PUBLISHED_BEFORE_SECONDS)

    assert seen == [(first, [first, second.id]), (second.id, [first, second.id]), (second.id, [second.id])]
    assert await ask(database, "SELECT count(*) FROM mainstay_internal.signing_key") == (2,)


async def test_a_replacement_is_alone_at_once(pool: Pool, database: str) -> None:
    table = SigningKeyTable(pool)
    keys = SigningKeys(table, SEAL)
    await keys.open()
    key = new_signing_key(SEAL)

    await table.replace(key)
    await keys.refresh()

    assert (signer_of(keys), published(keys)) == (key.id, [key.id])

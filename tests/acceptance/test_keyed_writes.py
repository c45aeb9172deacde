"""Writes that bring a key, on two replicas of the real process: each is done once, wherever it is repeated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from psycopg2.extensions import make_dsn
from redis import asyncio as aioredis

from storage.embedded import Endpoints
from tests.acceptance.service_process import mainstay, service
from tests.acceptance.tellers import Answer, Write, sent
from tests.integration.blocking_sql import rows
from tests.integration.sql import run_sql

BANK = Path(__file__).with_name("bank.py")
AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Two replicas over one Postgres and one Valkey."""

    replicas: tuple[aiohttp.ClientSession, ...]
    dsn: str
    redis_url: str
    data_dir: Path

    async def __call__(self, write: Write, *, replica: int = 0, credential: str = "") -> Answer:
        """Send a write to one of them."""
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        return await sent(self.replicas[replica], write, **headers)

    async def at_once(self, write: Write) -> list[Answer]:
        """Send a write many times at the same moment, to both."""
        return await asyncio.gather(*(self(write, replica=number % 2) for number in range(AT_ONCE)))

    async def account(self) -> str:
        """Open an account; its path."""
        made = await self(Write(method="POST", path="/accounts", body={"name": uuid4().hex}))
        return f"/accounts/{made.record['id']}"

    def version(self, account: str) -> int:
        """How often an account has been written."""
        return int(rows(self.dsn, f"SELECT version FROM account WHERE id = '{account.split('/')[2]}'")[0][0])  # noqa: S608 - our own key

    def entries(self, reference: str) -> int:
        """How many entries bear a reference."""
        return int(rows(self.dsn, f"SELECT count(*) FROM entry WHERE reference = '{reference}'")[0][0])  # noqa: S608 - our own word

    async def credential(self) -> str:
        """A new principal's API key."""
        made = await mainstay("key", "create", data_dir=self.data_dir, POSTGRES_DSN=self.dsn, REDIS_URL=self.redis_url)
        assert made.code == 0, made.errors
        return made.output.strip()


@pytest.fixture(scope="module")
async def bank(embedded: Endpoints, postgres_dsn: str, fast_folder: Path) -> AsyncIterator[Bank]:
    """One for the module: every test uses keys, accounts and references of its own."""
    name = f"bank_{uuid4().hex[:8]}"
    await run_sql(postgres_dsn, f"CREATE DATABASE {name} OWNER mainstay")
    dsn = str(make_dsn(embedded.postgres_dsn, dbname=name))
    settings = {"POSTGRES_DSN": dsn, "REDIS_URL": embedded.redis_url, "MIGRATE": "safe"}
    async with AsyncExitStack() as held:
        replicas = []
        for number in range(2):
            running = await held.enter_async_context(service(BANK, fast_folder / f"{name}_{number}", **settings))
            replicas.append(await held.enter_async_context(aiohttp.ClientSession(running.base_url)))
        folder = fast_folder / f"{name}_keys"
        yield Bank(replicas=tuple(replicas), dsn=dsn, redis_url=embedded.redis_url, data_dir=folder)


def entry(reference: str, *, key: str) -> Write:
    return Write(method="POST", path="/entries", body={"reference": reference, "amount": 1}, key=key)


async def assert_one(bank: Bank, write: Write, answers: list[Answer]) -> Answer:
    """All got the one answer, or were refused as it was under way; whoever asks again gets it on either replica."""
    done = [answer for answer in answers if answer.status < 300]
    refused = [answer.record["type"] for answer in answers if answer.status == 409]
    again = [await bank(write, replica=number) for number in range(2)]

    assert len(done) + len(refused) == AT_ONCE
    assert set(refused) <= {"urn:mainstay:problem:key_in_flight"}
    assert {answer.body for answer in [*done, *again]} == {done[0].body}
    assert [answer for answer in [*done, *again] if answer != done[0]] == []
    assert len([answer for answer in done if not answer.is_replayed]) == 1
    assert [answer.is_replayed for answer in again] == [True, True]
    return done[0]


async def test_of_fifty_creates_at_once_one_is_made(bank: Bank) -> None:
    reference = uuid4().hex
    write = entry(reference, key=uuid4().hex)

    answer = await assert_one(bank, write, await bank.at_once(write))

    assert (answer.status, bank.entries(reference)) == (201, 1)


@pytest.mark.parametrize("patch", [{"remark": "new"}, {"contact": {"street": "new"}}])
async def test_of_fifty_changes_at_once_one_is_made(bank: Bank, patch: dict[str, object]) -> None:
    account = await bank.account()
    write = Write(method="PATCH", path=account, body=patch, key=uuid4().hex)

    answer = await assert_one(bank, write, await bank.at_once(write))

    assert (answer.status, answer.record["version"], bank.version(account)) == (200, 2, 2)


async def test_of_fifty_calls_of_a_route_at_once_one_has_effects(bank: Bank) -> None:
    account, reference = await bank.account(), uuid4().hex
    deposit = {"reference": reference, "amount": 10}
    write = Write(method="POST", path=f"{account}/deposits", body=deposit, key=uuid4().hex)

    answer = await assert_one(bank, write, await bank.at_once(write))

    assert (answer.status, bank.version(account), bank.entries(reference)) == (201, 2, 1)


async def test_another_principal_with_the_same_key_is_another_request(bank: Bank) -> None:
    reference, key = uuid4().hex, uuid4().hex
    write = entry(reference, key=key)
    callers = ["", await bank.credential(), await bank.credential()]

    firsts = [await bank(write, credential=caller) for caller in callers]
    repeats = [await bank(write, credential=caller) for caller in callers]

    assert [answer.is_replayed for answer in [*firsts, *repeats]] == [False] * 3 + [True] * 3
    assert (repeats, bank.entries(reference)) == (firsts, 3)


async def test_an_empty_redis_changes_nothing(bank: Bank) -> None:
    reference = uuid4().hex
    write = entry(reference, key=uuid4().hex)
    first = await bank(write)

    async with aioredis.from_url(bank.redis_url) as redis:
        await redis.flushall()
    again = await bank(write, replica=1)

    assert (again, again.is_replayed, bank.entries(reference)) == (first, True, 1)


async def test_a_key_is_kept_as_a_digest_and_never_logged(bank: Bank, fast_folder: Path) -> None:
    key = f"hunter-{uuid4().hex}"
    write = entry(uuid4().hex, key=key)
    await bank(write)
    await bank(replace(write, body=write.body | {"amount": 2}))

    stored = str(rows(bank.dsn, "SELECT * FROM mainstay_internal.kept_answer"))
    logged = "".join(log.read_text() for log in fast_folder.glob("bank_*.log"))

    assert key not in stored
    assert "/entries" in logged
    assert key not in logged

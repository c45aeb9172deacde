"""API keys as an operator makes them and callers use them: on three replicas, with Redis and without."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_urlsafe

import pytest

from storage.embedded import EmbeddedStorage
from storage.encryption.sealing_keys import new_key_text
from telemetry.events import EmbeddedStarted
from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import Finished, mainstay, service
from tests.patience import until_told
from tests.recorder import Recorder
from tests.source_tree import PROJECT

SHOP = PROJECT / "examples" / "shop" / "service.py"
PROMISED_SECONDS = 1.0
PRODUCT = {
    "sku": "KEY-1",
    "name": "Hook",
    "category_slug": "hooks",
    "price": "9.90",
    "stock": 1,
    "released_on": "2026-01-31",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Replicas of the shop over one Postgres and one Valkey, and the command that shares their settings."""

    replicas: tuple[Api, ...]
    settings: dict[str, str]
    folder: Path
    valkey_pid: int

    async def key(self, *words: str) -> Finished:
        return await mainstay("key", *words, data_dir=self.folder, **self.settings)

    async def made(self, *options: str) -> str:
        finished = await self.key("create", *options)
        assert finished.code == 0, finished.errors
        return finished.output.strip()

    async def everywhere(self, credential: str) -> list[Answer]:
        return [await _answer(replica, credential) for replica in self.replicas]

    async def until_everywhere(self, credential: str, status: int) -> float:
        """Wait until each replica answers so; how long that took.

        Each is left alone once it does: an address that fails too often is no longer heard.
        """
        began = time.monotonic()
        for replica in self.replicas:
            await until_told(partial(_answers, replica, credential, status=status))
        return time.monotonic() - began


async def _answer(replica: Api, credential: str) -> Answer:
    return await replica("GET", "/customers?limit=1", Authorization=f"Bearer {credential}")


async def _answers(replica: Api, credential: str, *, status: int) -> bool:
    return (await _answer(replica, credential)).status == status


@pytest.fixture
async def shop(database: str, data_dir: Path, fast_folder: Path, events: Recorder) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as held:
        valkey = await held.enter_async_context(EmbeddedStorage(data_dir, observe=events, postgres=False))
        databases = {"POSTGRES_DSN": database, "REDIS_URL": valkey.redis_url, "MIGRATE": "safe"}
        secrets = {"ACCOUNTS_SECRET": token_urlsafe(), "ENCRYPTION_KEYS": new_key_text()}
        replicas = []
        for number in range(3):
            folder = fast_folder / f"{data_dir.name}-{number}"
            running = await held.enter_async_context(service(SHOP, folder, **databases, **secrets))
            replicas.append(await held.enter_async_context(api(running.base_url)))
        pid = events.of(EmbeddedStarted)[0].pid
        yield Shop(replicas=tuple(replicas), settings=databases, folder=data_dir, valkey_pid=pid)
        if not await asyncio.to_thread(_is_gone, pid):
            os.kill(pid, signal.SIGCONT)


def _is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def test_a_key_is_made_used_and_revoked_on_every_replica_within_a_second(shop: Shop) -> None:
    staff = await shop.made("--role", "staff", "--expires", "1h", "--name", "till")
    before = [answer.status for answer in await shop.everywhere(staff)]

    revoked = await shop.key("revoke", staff.split("_")[1])
    seconds = await shop.until_everywhere(staff, 401)

    assert (before, revoked.code) == ([200] * 3, 0)
    assert "refused everywhere within a second" in revoked.errors
    assert seconds <= PROMISED_SECONDS


async def test_staff_writes_what_nobody_else_may(shop: Shop) -> None:
    staff, reader = await shop.made("--role", "staff"), await shop.made("--role", "staff", "--scope", "read")
    replica = shop.replicas[0]
    shelf = {"slug": "hooks", "name": "Hooks"}

    statuses = [
        (await replica("POST", "/categories", shelf)).status,
        (await replica("POST", "/categories", shelf, Authorization=f"Bearer {reader}")).status,
        (await replica("POST", "/categories", shelf, Authorization=f"Bearer {staff}")).status,
        (await replica("POST", "/products", PRODUCT, Authorization=f"Bearer {staff}")).status,
    ]

    assert statuses == [401, 403, 201, 201]


async def test_a_rotated_key_works_beside_its_successor_and_then_not(shop: Shop) -> None:
    old = await shop.made("--role", "staff")
    new = (await shop.key("rotate", old.split("_")[1], "--overlap", "1h")).output.strip()
    both = [[answer.status for answer in await shop.everywhere(one)] for one in (old, new)]

    newest = (await shop.key("rotate", old.split("_")[1], "--overlap", "0")).output.strip()
    await shop.until_everywhere(old, 401)

    after = [[answer.status for answer in await shop.everywhere(one)] for one in (new, newest)]
    assert (both, after) == ([[200] * 3] * 2, [[200] * 3] * 2)


async def test_without_redis_admins_are_refused_and_others_go_on(shop: Shop) -> None:
    staff, admin = await shop.made("--role", "staff"), await shop.made("--role", "staff", "--role", "admin")
    before = [[answer.status for answer in await shop.everywhere(one)] for one in (staff, admin)]
    os.kill(shop.valkey_pid, signal.SIGSTOP)

    await shop.until_everywhere(admin, 503)
    others = [answer.status for answer in await shop.everywhere(staff)]
    (refused, *_) = await shop.everywhere(admin)
    revoked = await shop.key("revoke", staff.split("_")[1])
    os.kill(shop.valkey_pid, signal.SIGCONT)
    await shop.until_everywhere(admin, 200)

    assert (before, others) == ([[200] * 3] * 2, [200] * 3)
    assert "an admin's is not taken unchecked" in refused.body["detail"]
    assert (revoked.code, "could not be told" in revoked.errors) == (0, True)


async def test_keys_are_listed_without_themselves(shop: Shop) -> None:
    made = await shop.made("--role", "staff", "--resource", "products", "--scope", "read", "--name", "feed")
    await shop.everywhere(made)

    listed = await shop.key("list")

    line = next(line for line in listed.output.splitlines() if "feed" in line)
    assert line.split()[:5] == [made.split("_")[1], "feed", "staff", "read", "products"]
    assert made.split("_")[2] not in listed.output + listed.errors


async def test_the_command_works_before_the_first_start_and_while_the_service_runs(data_dir: Path) -> None:
    early = await mainstay("key", "create", "--role", "staff", data_dir=data_dir)
    async with service(SHOP, data_dir) as running, api(running.base_url) as shop:
        late = await mainstay("key", "create", "--role", "staff", data_dir=data_dir)
        statuses = [
            (await shop("GET", "/customers", Authorization=f"Bearer {finished.output.strip()}")).status
            for finished in (early, late)
        ]
        revoked = await mainstay("key", "revoke", early.output.split("_")[1], data_dir=data_dir)
        await until_told(partial(_answers, shop, early.output.strip(), status=401), within_seconds=PROMISED_SECONDS)

    assert (early.code, late.code, statuses, revoked.code) == (0, 0, [200, 200], 0)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("create", "--expires", "soon"), 2, "'soon' is not a number and s, m, h, d or w, as 24h or 90d, or never"),
        (("create", "--role", "a b"), 2, "'a b' is no role"),
        (
            ("create", "--role", "staf", "--service", str(SHOP)),
            2,
            "shop knows no role 'staf': did you mean staff? There are admin, buyer, staff.",
        ),
        (("create", "--scope", "all"), 2, "is read or write"),
        (("revoke", "nobody"), 1, "There is no such key."),
        (("rotate", "nobody"), 1, "There is no such key, or it has expired"),
    ],
)
async def test_what_cannot_be_done_is_said(
    data_dir: Path, database: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    finished = await mainstay("key", *words, data_dir=data_dir, POSTGRES_DSN=database)

    assert (finished.code, finished.output) == (code, "")
    assert sentence in finished.errors


async def test_a_new_key_is_told_with_the_database_that_knows_it(data_dir: Path, database: str) -> None:
    given = await mainstay("key", "create", data_dir=data_dir, POSTGRES_DSN=database)
    embedded = await mainstay("key", "create", data_dir=data_dir)

    (place,) = re.findall(r"^  database (.*)$", given.errors, re.MULTILINE)
    assert re.fullmatch(r"\w+ on \S+", place)
    assert f"  database the embedded Postgres in {data_dir}\n" in embedded.errors
    assert "\n" not in given.output.strip()


async def test_who_manages_keys_in_the_wrong_folder_is_told_that_its_database_is_new(data_dir: Path) -> None:
    first = await mainstay("key", "create", data_dir=data_dir)
    second = await mainstay("key", "create", data_dir=data_dir)

    told = [f"There was no database in {data_dir}: it is made now." in one.errors for one in (first, second)]
    assert told == [True, False]

"""The audit trail of the real shop: what its routes and commands do is in it, and what is old is let go."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.embedded import running_postgres
from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import key, mainstay, service
from tests.integration.blocking_sql import run
from tests.source_tree import PROJECT

EXAMPLE = PROJECT / "examples" / "shop"
SHOP, DATA = EXAMPLE / "service.py", EXAMPLE / "data"
BASKET = {"email": "ada@example.org", "name": "Ada", "ship_to": {"street": "Hill Road 1", "city": "Bern"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    ask: Api
    folder: Path
    ada: str
    admin: str

    async def send(self, key: str, method: str, path: str, body: object = None) -> Answer:
        return await self.ask(method, path, body, Authorization=f"Bearer {key}")

    async def bought(self) -> Any:
        (product, *_) = (await self.ask("GET", "/products?limit=1&available=true")).body["items"]
        answer = await self.send(self.ada, "POST", "/checkout", {**BASKET, "lines": [{"sku": product["sku"]}]})
        assert answer.status == 201, answer.body
        return answer.body

    async def trail(self) -> list[tuple[Any, ...]]:
        told = ("action", "record_type", "record_version", "fields", "subject", "operation")
        answer = await self.send(self.admin, "GET", "/identity/audit")
        return [tuple(entry[name] for name in told) for entry in answer.body["items"]]


@pytest.fixture
async def shop(data_dir: Path) -> AsyncIterator[Shop]:
    async with service(SHOP, data_dir, "--seed", str(DATA)) as running, api(running.base_url) as ask:
        ada = await key(data_dir, "ada", "--role", "customer")
        admin = await key(data_dir, "root", "--role", "admin")
        yield Shop(ask=ask, folder=data_dir, ada=ada, admin=admin)


async def test_what_a_person_did_and_what_was_done_to_its_data_is_in_the_trail(shop: Shop) -> None:
    await shop.bought()
    erased = await mainstay("subject", "erase", str(SHOP), "ada", "--apply", data_dir=shop.folder)

    (created, gone) = await shop.trail()

    assert erased.code == 0, erased.errors
    assert created[:3] == ("create", "Order", 1)
    assert created[4:] == ("ada", "POST /checkout")
    assert gone[:4] == ("erase", "Order", 2, ["ship_to"])
    assert gone[4].startswith("cli")
    assert gone[5] == "mainstay subject erase"


async def test_what_is_old_is_let_go_and_the_rest_stays(shop: Shop) -> None:
    for _ in range(2):
        await shop.bought()
    oldest = "SELECT id FROM mainstay_internal.audit_entry ORDER BY id LIMIT 1"
    old = f"UPDATE mainstay_internal.audit_entry SET created_at = now() - interval '91 days' WHERE id = ({oldest})"  # noqa: S608 - our own SQL
    run(running_postgres(shop.folder), old)

    expired = await mainstay("audit", "expire", "--older-than", "90d", data_dir=shop.folder)
    nonsense = await mainstay("audit", "expire", "--older-than", "ninety", data_dir=shop.folder)

    assert (expired.code, expired.errors) == (0, "1 entry deleted\n")
    assert len(await shop.trail()) == 1
    assert (nonsense.code, nonsense.errors) == (2, "'ninety' is not a number and s, m, h, d or w, as 24h or 90d\n")

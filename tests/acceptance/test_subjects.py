"""One person's data: shown whole, and erased from the real service while it runs."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import asyncio as aioredis

from storage.embedded import running_valkey
from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import Finished, key, mainstay, service
from tests.patience import until_told
from tests.source_tree import PROJECT

EXAMPLE = PROJECT / "examples" / "shop"
SHOP, DATA = EXAMPLE / "service.py", EXAMPLE / "data"
STREET = "Hill Road 1"
BASKET = {"email": "ada@example.org", "name": "Ada", "ship_to": {"street": STREET, "city": "Bern"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    ask: Api
    folder: Path
    ada: str
    bob: str
    staff: str

    async def send(self, key: str, method: str, path: str, body: object = None) -> Answer:
        return await self.ask(method, path, body, Authorization=f"Bearer {key}")

    async def bought(self, key: str) -> Any:
        (product, *_) = (await self.ask("GET", "/products?limit=1&available=true")).body["items"]
        answer = await self.send(key, "POST", "/checkout", {**BASKET, "lines": [{"sku": product["sku"]}]})
        assert answer.status == 201, answer.body
        return answer.body

    async def run(self, *words: str) -> Finished:
        return await mainstay("subject", *words, data_dir=self.folder)


async def is_refused(shop: Shop, key: str) -> bool:
    return (await shop.send(key, "GET", "/orders")).status == 401


@pytest.fixture
async def shop(data_dir: Path) -> AsyncIterator[Shop]:
    async with service(SHOP, data_dir, "--seed", str(DATA)) as running, api(running.base_url) as ask:
        yield Shop(
            ask=ask,
            folder=data_dir,
            ada=await key(data_dir, "ada", "--name", "Ada's till", "--role", "customer"),
            bob=await key(data_dir, "bob", "--role", "customer"),
            staff=await key(data_dir, "sue", "--role", "staff"),
        )


async def test_all_there_is_of_a_person_is_shown(shop: Shop) -> None:
    order = await shop.bought(shop.ada)
    await shop.bought(shop.bob)

    shown = await shop.run("export", str(SHOP), "ada")

    document = json.loads(shown.output)
    assert (shown.code, document["subject"], document["tenant"]) == (0, "ada", None)
    assert document["records"]["order"] == [order]
    assert [customer["email"] for customer in document["records"]["customer"]] == [BASKET["email"]]
    assert [line["order_id"] for line in document["records"]["order_line"]] == [order["id"]]
    assert [key["name"] for key in document["keys"]] == ["Ada's till"]
    assert [request["kind"] for request in document["requests"]] == ["export"]


async def test_what_is_written_to_a_file_only_its_owner_reads(shop: Shop, tmp_path: Path) -> None:
    await shop.bought(shop.ada)

    (tmp_path / "ada.json").touch(mode=0o644)
    shown = await shop.run("export", str(SHOP), "ada", "--output", str(tmp_path / "ada.json"))

    assert (shown.code, shown.output) == (0, "")
    assert "1 record of customer, 1 record of order, 1 record of order_line, 1 API key" in shown.errors
    assert (tmp_path / "ada.json").stat().st_mode & 0o777 == 0o600


async def test_nothing_is_erased_before_it_is_said_so(shop: Shop) -> None:
    order = await shop.bought(shop.ada)

    told = await shop.run("erase", str(SHOP), "ada")

    assert told.code == 0
    assert "1 record of order: nobody's from then on; erased ship_to" in told.errors
    assert "To do it: the same with --apply." in told.errors
    assert (await shop.send(shop.ada, "GET", f"/orders/{order['id']}")).body == order


async def test_what_is_erased_is_nobodys_and_the_rest_stays(shop: Shop) -> None:
    order, other = await shop.bought(shop.ada), await shop.bought(shop.bob)

    erased = await shop.run("erase", str(SHOP), "ada", "--apply")
    await until_told(partial(is_refused, shop, shop.ada))

    async with aioredis.from_url(running_valkey(shop.folder)) as valkey:
        assert await valkey.keys("mainstay:cache:*") == []
    assert (erased.code, erased.errors) == (
        0,
        "Erased: 1 record of customer, 1 record of order, 1 record of order_line, 1 API key.\n",
    )
    left = (await shop.send(shop.staff, "GET", f"/orders/{order['id']}")).body
    customer = (await shop.send(shop.staff, "GET", f"/customers/{order['customer_id']}")).body
    assert (customer["email"], customer["name"]) == (f"{order['customer_id']}@erased.invalid", "erased")
    assert (left["ship_to"], left["total"], left["version"]) == (None, order["total"], order["version"] + 1)
    assert (await shop.send(shop.bob, "GET", f"/orders/{other['id']}")).body == other
    again = json.loads((await shop.run("export", str(SHOP), "ada")).output)
    assert [request["kind"] for request in again["requests"]] == ["erase", "export"]
    assert again["records"] == {"customer": [], "order": [], "order_line": []}


async def test_of_somebody_unknown_there_is_nothing(shop: Shop) -> None:
    told = await shop.run("erase", str(SHOP), "nobody", "--apply", "--tenant", "acme")

    assert (told.code, told.errors) == (
        0,
        "There is nothing of nobody of acme here: no record that remembers it, no API key, no account.\n",
    )


async def test_who_gives_an_address_is_told_how_a_person_is_named(shop: Shop) -> None:
    told = await shop.run("erase", str(SHOP), "ada@example.org")

    assert told.errors.endswith(
        "A person is named by its subject: `mainstay account list` shows that of each account.\n"
    )


async def test_what_is_there_under_another_tenant_is_pointed_to(shop: Shop) -> None:
    made = await mainstay(
        "key", "create", "--subject", "ada", "--tenant", "acme", "--role", "customer", data_dir=shop.folder
    )
    await shop.bought(made.output.strip())
    await shop.bought(shop.ada)

    told = [await shop.run("erase", str(SHOP), "ada", *tenant) for tenant in ((), ("--tenant", "acme"))]

    assert "There is more of ada under the tenant acme: the same with --tenant acme." in told[0].errors
    assert "There is more of ada without a tenant: the same without --tenant." in told[1].errors
    assert ["1 record of order:" in one.errors for one in told] == [True, True]

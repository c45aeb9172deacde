"""Every operation of every resource of the shop, for every kind of caller: exactly what the declaration says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from server.service import Resource
from server.service_file import checked_file
from tests.acceptance.access_oracle import OPERATIONS, Operation, Row, Who, sees, status
from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import mainstay, service
from tests.source_tree import PROJECT

SHOP = PROJECT / "examples" / "shop" / "service.py"
RESOURCES = {resource.path: resource for resource in checked_file(SHOP).service.resources}

CALLERS = {
    "nobody": Who(),
    "owner": Who(subject="ada", tenant="acme"),
    "other owner": Who(subject="bob", tenant="acme"),
    "other tenant": Who(subject="ada", tenant="other"),
    "staff": Who(subject="sue", roles=("staff",)),
    "buyer": Who(subject="ben", roles=("buyer",), tenant="acme"),
    "admin": Who(subject="root", roles=("admin",)),
    "expired": Who(subject="old", roles=("staff", "buyer"), tenant="acme", is_good=False),
    "revoked": Who(subject="out", roles=("staff", "buyer"), tenant="acme", is_good=False),
}
METHODS: dict[Operation, str] = {
    "list": "GET",
    "read": "GET",
    "create": "POST",
    "replace": "PUT",
    "update": "PATCH",
    "delete": "DELETE",
}


@dataclass(slots=True)
class Shop:
    """The running shop, a credential for each caller, and what new records refer to."""

    ask: Api
    credentials: dict[str, str]
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)
    customer: str = ""
    product: str = ""
    other_product: str = ""

    async def send(self, caller: str, method: str, path: str, body: object = None) -> Answer:
        credential = self.credentials[caller]
        return await self.ask(method, path, body, **({"Authorization": f"Bearer {credential}"} if credential else {}))

    async def made(self, caller: str, path: str, body: object) -> Any:
        answer = await self.send(caller, "POST", path, body)
        assert answer.status == 201, answer.body
        return answer.body

    async def order(self) -> Any:
        """An order of the owner's, with a line in it."""
        basket = {
            "email": "ada@example.org",
            "name": "Ada",
            "ship_to": {"street": "Hill Road 1", "city": "Bern"},
            "lines": [{"sku": "MATRIX"}],
        }
        return await self.made("owner", "/checkout", basket)

    async def row(self, path: str) -> tuple[str, Row]:
        """A new record by whoever may make one: its key, and what the oracle has to know of it."""
        if path == "/orders":
            return (await self.order())["id"], Row(owner=CALLERS["owner"], is_referred_to=True)
        if path == "/order-lines":
            order = await self.order()
            (line,) = (await self.send("owner", "GET", f"/order-lines?order_id={order['id']}")).body["items"]
            return line["id"], Row(owner=CALLERS["owner"])
        maker = {"/reviews": "owner", "/budgets": "buyer"}.get(path, "staff")
        made = await self.made(maker, path, await self.body(path))
        return made.get("id") or made["slug"], Row(owner=CALLERS[maker], tenant=CALLERS[maker].tenant)

    async def body(self, path: str, *, anew: bool = True) -> dict[str, object]:
        """What makes a record, or what a PUT takes."""
        number = self.numbers()
        bodies: dict[str, dict[str, object]] = {
            "/products": {**PRODUCT, "sku": f"MATRIX-{number}"},
            "/categories": {"name": "Hooks"},
            "/reviews": {"product_id": self.product, "rating": 5, "author": "Ada"},
            "/customers": {"email": f"customer-{number}@example.com", "name": "Ada"},
            "/orders": {"customer_id": self.customer, "total": "1.00"},
            "/order-lines": {"product_id": self.other_product, "quantity": 2, "unit_price": "1.00"},
            "/budgets": {"month": f"{number:04}-01", "limit": "100.00"},
        }
        given_once: dict[str, dict[str, object]] = {
            "/categories": {"slug": f"matrix-{_letters(number)}"},
            "/orders": {"placed_at": "2026-01-31T00:00:00Z"},
        }
        return bodies[path] | (given_once.get(path, {}) if anew else {})


PRODUCT = {"name": "Hook", "category_slug": "matrix", "price": "9.90", "stock": 10_000, "released_on": "2026-01-31"}
CHANGES: dict[str, dict[str, object]] = {
    "/products": {"stock": 7},
    "/categories": {"name": "Other hooks"},
    "/reviews": {"rating": 4},
    "/customers": {"tier": "friend"},
    "/orders": {"total": "2.00"},
    "/order-lines": {"quantity": 3},
    "/budgets": {"limit": "50.00"},
}


@pytest.fixture(scope="module")
async def shop(fast_folder: Path) -> AsyncIterator[Shop]:
    folder = fast_folder / "matrix"
    async with service(SHOP, folder, MIGRATE="safe") as running, api(running.base_url) as ask:
        made = await mainstay("key", "create", "--role", "admin", "--subject", "root", data_dir=folder)
        shop = Shop(ask, {"nobody": "", "admin": made.output.strip()})
        for name, who in CALLERS.items():
            if name not in shop.credentials:
                shop.credentials[name] = (await shop.made("admin", "/identity/keys", _key(name, who)))["key"]
        await shop.send("admin", "DELETE", f"/identity/keys/{shop.credentials['revoked'].split('_')[1]}")
        await shop.made("staff", "/categories", {"slug": "matrix", "name": "Hooks"})
        shop.product = (await shop.made("staff", "/products", {**PRODUCT, "sku": "MATRIX"}))["id"]
        shop.other_product = (await shop.made("staff", "/products", {**PRODUCT, "sku": "MATRIX-0"}))["id"]
        shop.customer = (await shop.order())["customer_id"]
        async with asyncio.timeout(30):
            for name in ("expired", "revoked"):  # no more refusals than that: they are limited
                while (await shop.send(name, "GET", "/products?limit=1")).status != 401:
                    pass
        yield shop


def _key(name: str, who: Who) -> dict[str, object]:
    lifetime = {"expires_in_seconds": 1} if name == "expired" else {}
    return {"name": name, "subject": who.subject, "tenant": who.tenant, "roles": list(who.roles), **lifetime}


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("path", RESOURCES)
async def test_every_caller_gets_what_is_declared(shop: Shop, path: str, operation: Operation) -> None:
    resource = RESOURCES[path]

    found = {name: await done(shop, resource, operation, name) for name in CALLERS}

    assert {name: got for name, (got, _) in found.items()} == {name: wanted for name, (_, wanted) in found.items()}


async def done(shop: Shop, resource: Resource, operation: Operation, name: str) -> tuple[object, object]:
    """What a caller gets when it does this to a new row, and what the oracle says it gets."""
    path, who = resource.path, CALLERS[name]
    key, row = await shop.row(path)
    body = None
    if operation in ("create", "replace"):
        body = await shop.body(path, anew=operation == "create")
    if path == "/order-lines" and body is not None:
        body["order_id"] = (await shop.order())["id"] if operation == "create" else await order_of(shop, key)
    if operation == "update":
        body = CHANGES[path]

    address = path if operation in ("list", "create") else f"{path}/{key}"
    query = f"?{_key_name(path)}={key}" if operation == "list" else ""
    answer = await shop.send(name, METHODS[operation], f"{address}{query}", body)

    wanted: object = status(resource, operation, who, row=row, refers_well=refers_well(path, who))
    got: object = answer.status
    if operation == "list" and wanted == 200:
        wanted = (200, sees(resource, operation, who, row=row))
        got = (answer.status, [item.get("id") or item["slug"] for item in answer.body["items"]] == [key])
    return got, wanted


def refers_well(path: str, who: Who) -> bool:
    """Whether the new record refers to what the caller may read: customers are staff's, the order is the owner's."""
    if path == "/orders":
        return "staff" in who.roles
    if path == "/order-lines":
        return who == CALLERS["owner"] or "staff" in who.roles
    return True


async def order_of(shop: Shop, line: str) -> object:
    """The order a line is of."""
    return (await shop.send("staff", "GET", f"/order-lines/{line}")).body["order_id"]


def _key_name(path: str) -> str:
    return "slug" if path == "/categories" else "id"

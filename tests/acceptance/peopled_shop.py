"""The shop with callers of every kind, and a valid record and change for each of its resources."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from tests.acceptance.access_oracle import Row, Who
from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import ServiceProcess, mainstay, service
from tests.patience import until_told
from tests.source_tree import PROJECT

SHOP = PROJECT / "examples" / "shop" / "service.py"

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

UNHURRIED = 100
"""How many times the declared limits its callers have: a test asks faster than any buyer."""

PRODUCT = {"name": "Hook", "category_slug": "matrix", "price": "9.90", "stock": 10_000, "released_on": "2026-01-31"}
CHANGES: dict[str, dict[str, object]] = {
    "/products": {"stock": 7},
    "/categories": {"name": "Other hooks"},
    "/reviews": {"rating": 4},
    "/customers": {"name": "Ada L."},
    "/orders": {"ship_to": {"street": "Hill Road 2", "city": "Bern"}},
    "/order-lines": {"quantity": 3},
    "/budgets": {"limit": "50.00"},
}


@dataclass(slots=True)
class PeopledShop:
    """The running shop, a credential for each caller, and what new records refer to."""

    ask: Api
    running: ServiceProcess
    credentials: dict[str, str]
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)
    customer: str = ""
    product: str = ""
    other_product: str = ""

    async def send(self, caller: str, method: str, path: str, body: object = None) -> Answer:
        credential = self.credentials[caller]
        return await self.ask(method, path, body, **({"Authorization": f"Bearer {credential}"} if credential else {}))

    async def until(self, caller: str, path: str, *, status: int) -> None:
        """Wait until a caller is answered so."""
        await until_told(partial(self._answers, caller, path, status=status))

    async def _answers(self, caller: str, path: str, *, status: int) -> bool:
        return (await self.send(caller, "GET", path)).status == status

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
        maker = {"/reviews": "owner", "/customers": "owner", "/budgets": "buyer"}.get(path, "staff")
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
            "/orders": {"customer_id": self.customer},
            "/order-lines": {"product_id": self.other_product, "quantity": 2, "unit_price": "1.00"},
            "/budgets": {"month": f"{number:04}-01", "limit": "100.00"},
        }
        given_once: dict[str, dict[str, object]] = {
            "/categories": {"slug": f"matrix-{_letters(number)}"},
            "/orders": {"placed_at": "2026-01-31T00:00:00Z"},
        }
        return bodies[path] | (given_once.get(path, {}) if anew else {})


@asynccontextmanager
async def peopled_shop(folder: Path, **settings: str) -> AsyncIterator[PeopledShop]:
    """Serve it from a folder until left."""
    async with service(SHOP, folder, MIGRATE="safe", **settings) as running, api(running.base_url) as ask:
        made = await mainstay("key", "create", "--role", "admin", "--subject", "root", data_dir=folder)
        shop = PeopledShop(ask, running, {"nobody": "", "admin": made.output.strip()})
        await shop.until("admin", "/identity/keys", status=200)  # from when revocations are heard of
        for name, who in CALLERS.items():
            if name not in shop.credentials:
                shop.credentials[name] = (await shop.made("admin", "/identity/keys", _key(name, who)))["key"]
        await shop.send("admin", "DELETE", f"/identity/keys/{shop.credentials['revoked'].split('_')[1]}")
        await shop.made("staff", "/categories", {"slug": "matrix", "name": "Hooks"})
        shop.product = (await shop.made("staff", "/products", {**PRODUCT, "sku": "MATRIX"}))["id"]
        shop.other_product = (await shop.made("staff", "/products", {**PRODUCT, "sku": "MATRIX-0"}))["id"]
        shop.customer = (await shop.order())["customer_id"]
        for name in ("expired", "revoked"):  # no more refusals than that: they are limited
            await shop.until(name, "/products?limit=1", status=401)
        yield shop


def _key(name: str, who: Who) -> dict[str, object]:
    lifetime = {"expires_in_seconds": 1} if name == "expired" else {}
    known = {"subject": who.subject, "tenant": who.tenant, "roles": list(who.roles)}
    return {"name": name, "limit_factor": UNHURRIED, **known, **lifetime}


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))

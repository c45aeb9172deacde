"""The example shop, as somebody finds it who has just typed `make run`."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.service_process import key, mainstay, service
from tests.source_tree import PROJECT

SHOP = PROJECT / "examples" / "shop"
SERVICE, DATA = SHOP / "service.py", SHOP / "data"
PRODUCTS = len((DATA / "product.ndjson").read_text().splitlines())


@pytest.fixture(scope="module")
async def folder(fast_folder: Path) -> Path:
    return fast_folder / "shop"


@pytest.fixture(scope="module")
async def ada(shop: Api, folder: Path) -> str:
    """Who buys."""
    return f"Bearer {await key(folder, 'ada')}"


@pytest.fixture(scope="module")
async def shop(folder: Path) -> AsyncIterator[Api]:
    async with (
        service(SERVICE, folder, "--seed", str(DATA)) as running,
        api(running.base_url) as shop,
    ):
        yield shop


async def stock(shop: Api, *, least: int) -> list[dict[str, Any]]:
    """Products of which there are so many."""
    pages = [page async for page in shop.walk("/products?limit=200&available=true")]
    return [product for page in pages for product in page if product["stock"] >= least]


async def buy(
    shop: Api, who: str, *lines: dict[str, object], query: str = "", email: str = "ada@example.org"
) -> Answer:
    basket = {"email": email, "name": "Ada", "ship_to": {"street": "Hill Road 1", "city": "Bern"}, "lines": lines}
    return await shop("POST", f"/checkout{query}", basket, Authorization=who)


async def test_the_first_list_has_products(shop: Api) -> None:
    answer = await shop("GET", "/products")

    assert (answer.status, len(answer.body["items"]), await shop.count("/products")) == (200, 20, PRODUCTS)


async def test_what_the_file_s_first_lines_promise_can_be_asked(shop: Api) -> None:
    answer = await shop("GET", '/products?tags[contains]=["gift"]&price[lt]=30&sort=-price&expand=category')

    prices = [float(product["price"]) for product in answer.body["items"]]
    assert (answer.status, prices) == (200, sorted(prices, reverse=True))
    assert {product["category"]["slug"] == product["category_slug"] for product in answer.body["items"]} == {True}
    assert all("gift" in product["tags"] for product in answer.body["items"])


async def test_checking_out_takes_from_stock_and_writes_the_order(shop: Api, ada: str) -> None:
    one, other = (await stock(shop, least=20))[:2]

    answer = await buy(shop, ada, {"sku": one["sku"], "quantity": 2}, {"sku": other["sku"]}, query="?express=true")

    left = [(await shop("GET", f"/products/{product['id']}")).body["stock"] for product in (one, other)]
    total = 2 * Decimal(one["price"]) + Decimal(other["price"]) + Decimal("9.50")
    assert (answer.status, answer.body["status"], answer.body["total"]) == (201, "open", str(total))
    assert left == [one["stock"] - 2, other["stock"] - 1]


async def test_a_basket_with_too_much_changes_nothing(shop: Api, ada: str) -> None:
    plenty, scarce = (await stock(shop, least=50))[0], (await stock(shop, least=1))
    few = next(product for product in scarce if product["stock"] < 10)

    answer = await buy(shop, ada, {"sku": plenty["sku"]}, {"sku": few["sku"], "quantity": 10})

    left = [(await shop("GET", f"/products/{product['id']}")).body["stock"] for product in (plenty, few)]
    assert (answer.status, answer.body["detail"]) == (409, f"There are {few['stock']} of {few['sku']} left.")
    assert left == [plenty["stock"], few["stock"]]


async def test_a_basket_with_something_unknown_is_told_so(shop: Api, ada: str) -> None:
    answer = await buy(shop, ada, {"sku": "NO-SUCH-1"})

    assert (answer.status, answer.body["detail"]) == (422, "We do not sell NO-SUCH-1.")


async def test_every_fault_of_a_basket_is_told_at_once(shop: Api, ada: str) -> None:
    answer = await buy(shop, ada, {"sku": "no", "quantity": 0}, email="nobody")

    assert answer.status == 422
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/email", "/lines/0/sku", "/lines/0/quantity"]


async def test_a_stranger_can_write_a_review(shop: Api) -> None:
    (product, *_) = await stock(shop, least=1)

    made = await shop("POST", "/reviews", {"product_id": product["id"], "rating": 5, "author": "Ada"})

    found = await shop("GET", f"/reviews/{made.body['id']}?expand=product")
    assert (made.status, found.body["product"]["sku"]) == (201, product["sku"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders"),
        ("GET", "/customers"),
        ("GET", "/order-lines"),
        ("POST", "/checkout"),
        ("POST", "/orders/0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a/pay"),
        ("POST", "/products"),
        ("DELETE", "/products/x"),
    ],
)
async def test_what_is_not_for_anyone_asks_who_one_is(shop: Api, method: str, path: str) -> None:
    assert (await shop(method, path)).status == 401


async def test_who_uses_another_s_address_buys_as_somebody_else(shop: Api, folder: Path, ada: str) -> None:
    bob = f"Bearer {await key(folder, 'bob')}"
    (product, *_) = await stock(shop, least=20)

    orders = [(await buy(shop, who, {"sku": product["sku"]})).body for who in (ada, bob, ada)]

    seen = {who: (await shop("GET", "/customers", Authorization=who)).body["items"] for who in (ada, bob)}
    assert [order["customer_id"] == seen[ada][0]["id"] for order in orders] == [True, False, True]
    assert [[customer["email"] for customer in own] for own in seen.values()] == [["ada@example.org"]] * 2


async def test_a_customer_keeps_its_own_data_and_not_its_tier(shop: Api, folder: Path) -> None:
    cleo = f"Bearer {await key(folder, 'cleo')}"
    phoned = {"email": "cleo@example.org", "name": "Cleo", "phone": "+41 31 123 45 67"}
    made = await shop("POST", "/customers", phoned, Authorization=cleo)

    changed = await shop("PATCH", f"/customers/{made.body['id']}", {"name": "Cléo"}, Authorization=cleo)
    raised = await shop("PATCH", f"/customers/{made.body['id']}", {"tier": "friend"}, Authorization=cleo)

    assert (made.status, made.body["phone"], changed.body["name"]) == (201, "+41 31 123 45 67", "Cléo")
    assert [(fault["pointer"], fault["code"]) for fault in raised.body["errors"]] == [("/tier", "read_only")]


async def test_the_second_start_loads_nothing_again(data_dir: Path) -> None:
    seeded = ("--seed", str(DATA))
    async with service(SERVICE, data_dir, *seeded) as running, api(running.base_url) as shop:
        (review, *_) = (await shop("GET", "/reviews")).body["items"]
        await shop("DELETE", f"/reviews/{review['id']}")
        before = await shop.count("/reviews")

    async with service(SERVICE, data_dir, *seeded) as running, api(running.base_url) as shop:
        counts = await shop.count("/reviews"), await shop.count("/products")

    assert counts == (before, PRODUCTS)


async def test_a_seed_with_bad_lines_keeps_the_service_from_starting(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "review.ndjson").write_text('{"rating": 9, "author": "Ada"}\n')

    finished = await mainstay("serve", str(SERVICE), "--seed", str(tmp_path), data_dir=data_dir)

    assert finished.code == 1
    assert [line for line in finished.errors.splitlines() if not line.startswith("{")] == [
        "review.ndjson:1 /product_id: Field required",
        "review.ndjson:1 /rating: Input should be less than or equal to 5",
        f"{tmp_path} has bad lines, so nothing of it was loaded.",
    ]

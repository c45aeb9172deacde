"""Every operation of every resource of the shop, for every kind of caller: exactly what the declaration says."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.service import Resource
from server.service_file import checked_file
from tests.acceptance.access_oracle import OPERATIONS, Operation, sees, status
from tests.acceptance.peopled_shop import CALLERS, CHANGES, SHOP, PeopledShop, peopled_shop

RESOURCES = {resource.path: resource for resource in checked_file(SHOP).service.resources}

METHODS: dict[Operation, str] = {
    "list": "GET",
    "read": "GET",
    "create": "POST",
    "replace": "PUT",
    "update": "PATCH",
    "delete": "DELETE",
}


@pytest.fixture(scope="module")
async def shop(fast_folder: Path) -> AsyncIterator[PeopledShop]:
    async with peopled_shop(fast_folder / "matrix") as shop:
        yield shop


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("path", RESOURCES)
async def test_every_caller_gets_what_is_declared(shop: PeopledShop, path: str, operation: Operation) -> None:
    resource = RESOURCES[path]

    found = {name: await done(shop, resource, operation, name) for name in CALLERS}

    assert {name: got for name, (got, _) in found.items()} == {name: wanted for name, (_, wanted) in found.items()}


async def done(shop: PeopledShop, resource: Resource, operation: Operation, name: str) -> tuple[object, object]:
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

    wanted: object = status(resource, operation, who, row=row)
    got: object = answer.status
    if operation == "list" and wanted == 200:
        wanted = (200, sees(resource, operation, who, row=row))
        got = (answer.status, [item.get("id") or item["slug"] for item in answer.body["items"]] == [key])
    return got, wanted


async def order_of(shop: PeopledShop, line: str) -> object:
    """The order a line is of."""
    return (await shop.send("staff", "GET", f"/order-lines/{line}")).body["order_id"]


def _key_name(path: str) -> str:
    return "slug" if path == "/categories" else "id"

"""Valid requests for everything the shop takes from a caller: parameters, keys, headers, and fields of bodies."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import orjson

from tests.acceptance.peopled_shop import CHANGES, PeopledShop
from tests.scans.identity_samples import account_samples, admin_samples
from tests.scans.list_samples import is_list, list_samples
from tests.scans.sample import MARK, Sample

REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
HEADERS = ("Idempotency-Key", "If-None-Match", "Prefer", "X-Request-ID", "User-Agent")
DECLINED = "4000-0000-0000-0002"
BASKET = {
    "email": "scan@example.org",
    "name": "Scan",
    "ship_to": {"street": "Hill Road 1", "city": "Bern", "country": "CH"},
    "lines": [{"sku": "MATRIX", "quantity": 1}],
}


async def samples(shop: PeopledShop, document: Any, *, caller: str) -> AsyncIterator[Sample]:
    """A few for each operation that is open to the caller; a refusal comes before anything else is looked at.

    What is open to nobody is nobody's: the same statement answers it whoever asks.
    """
    of_nobody = {one.operation async for one in _samples(shop, document, caller="nobody")} if caller != "nobody" else ()
    async for sample in _samples(shop, document, caller=caller):
        if sample.operation not in of_nobody:
            yield sample


async def _samples(shop: PeopledShop, document: Any, *, caller: str) -> AsyncIterator[Sample]:
    for path in CHANGES:
        async for sample in _of_resource(shop, path, caller=caller):
            yield sample
    async for sample in _of_trade(shop, caller=caller):
        yield sample
    of_identity = {"admin": admin_samples, "nobody": account_samples}.get(caller)
    if of_identity:
        async for sample in of_identity(shop):
            yield sample
    for path in document["paths"]:
        if is_list(document, path):
            page = await shop.send(caller, "GET", f"{path}?limit=50")
            if page.status == HTTPStatus.OK:
                for sample in list_samples(document, path, page=page.body):
                    yield sample


async def _of_resource(shop: PeopledShop, path: str, *, caller: str) -> AsyncIterator[Sample]:
    address = f"{path}/{{{'slug' if path == '/categories' else 'id'}}}"
    if await _is_open(shop, caller, f"POST {path}", await _body(shop, path)):
        for headers in ({}, marked_headers()):
            body = orjson.dumps(await _body(shop, path))
            yield Sample(operation=f"POST {path}", target=path, body=body, headers=headers)
    key = await _key(shop, path, caller=caller)
    if await _is_open(shop, caller, f"GET {path}/{key}"):
        yield Sample(operation=f"GET {address}", target=f"{path}/{key}?fields=version,created_at")
        yield Sample(operation=f"GET {address}", target=f"{path}/{key}{MARK}")
    whole = await _body(shop, path, anew=False)
    if await _is_open(shop, caller, f"PUT {path}/{key}", whole):
        yield Sample(operation=f"PUT {address}", target=f"{path}/{key}", body=orjson.dumps(whole))
    if await _is_open(shop, caller, f"PATCH {path}/{key}", CHANGES[path]):
        yield Sample(operation=f"PATCH {address}", target=f"{path}/{key}", body=orjson.dumps(CHANGES[path]))
        doomed = await _key(shop, path, caller=caller)
        yield Sample(operation=f"DELETE {address}", target=f"{path}/{doomed}{MARK}")


async def _of_trade(shop: PeopledShop, *, caller: str) -> AsyncIterator[Sample]:
    """What is bought and paid; the card is declined each time, so that the order stays to be paid."""
    made = await shop.send(caller, "POST", "/checkout", BASKET)
    if made.status == HTTPStatus.CREATED:
        yield Sample(operation="POST /checkout", target="/checkout?express=true", body=orjson.dumps(BASKET))
        pay, card = "POST /orders/{id}/pay", orjson.dumps({"card": DECLINED})
        yield Sample(operation=pay, target=f"/orders/{made.body['id']}/pay", body=card)
        yield Sample(operation=pay, target=f"/orders/{made.body['id']}{MARK}/pay", body=card)


async def _key(shop: PeopledShop, path: str, *, caller: str) -> str:
    """Of a record of the caller's own, or of one the caller may see, or else of any."""
    made = await shop.send(caller, "POST", path, await _body(shop, path))
    if made.status == HTTPStatus.CREATED:
        return str(made.body.get("id") or made.body["slug"])
    key, _ = await shop.row(path)
    if await _is_open(shop, caller, f"GET {path}/{key}"):
        return key
    own = await shop.send(caller, "GET", f"{path}?limit=1")
    return str(own.body["items"][0]["id"]) if own.status == HTTPStatus.OK and own.body["items"] else key


async def _body(shop: PeopledShop, path: str, *, anew: bool = True) -> dict[str, object]:
    order = {"order_id": (await shop.order())["id"]} if path == "/order-lines" else {}
    return await shop.body(path, anew=anew) | order


async def _is_open(shop: PeopledShop, caller: str, asked: str, body: object = None) -> bool:
    method, _, target = asked.partition(" ")
    return (await shop.send(caller, method, target, body)).status not in REFUSED


def marked_headers() -> dict[str, str]:
    """Every header whose text is compared, kept or repeated somewhere, to be changed."""
    return {name: f'"scan{MARK}"' if name.startswith("If-") else f"scan{MARK}" for name in HEADERS}

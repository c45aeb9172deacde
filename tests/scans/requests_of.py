"""One valid request for everything the shop takes from a caller: each parameter and each field of each body."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from tests.acceptance.peopled_shop import CHANGES, PeopledShop

PARAMETERS_AT_ONCE = 6
"""A request with more filters than that finds nothing, and what changes nothing tells a scanner nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request that is answered well, for whoever wants to change something in it."""

    method: str
    path: str
    body: bytes = b""

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return f"{self.method} {self.path}"[:80]

    def text(self, *, host: str, credential: str) -> str:
        """The request as it is sent."""
        kind = "application/merge-patch+json" if self.method == "PATCH" else "application/json"
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {credential}",
            *([f"Content-Type: {kind}", f"Content-Length: {len(self.body)}"] if self.body else []),
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body.decode()


async def samples(shop: PeopledShop, *, caller: str) -> AsyncIterator[Sample]:
    """A few for each address of the shop's resources."""
    for path, change in CHANGES.items():
        key, _ = await shop.row(path)
        (shown, *_) = (await shop.send(caller, "GET", f"{path}?limit=1")).body.get("items") or [{}]
        filters = [one async for one in _filters_taken(shop, path, shown=shown, caller=caller)]
        for start in range(0, len(filters), PARAMETERS_AT_ONCE):
            yield Sample(method="GET", path=f"{path}?{urlencode(filters[start : start + PARAMETERS_AT_ONCE])}")
        yield Sample(method="GET", path=f"{path}?sort={next(iter(shown), 'id')}&limit=5")
        yield Sample(method="GET", path=f"{path}/{key}?fields={','.join(shown)}")
        yield Sample(method="POST", path=path, body=orjson.dumps(await shop.body(path)))
        yield Sample(method="PUT", path=f"{path}/{key}", body=orjson.dumps(await shop.body(path, anew=False)))
        yield Sample(method="PATCH", path=f"{path}/{key}", body=orjson.dumps(change))


async def _filters_taken(
    shop: PeopledShop, path: str, *, shown: Mapping[str, Any], caller: str
) -> AsyncIterator[tuple[str, str]]:
    """The filters that the list takes and that the shown record passes."""
    for one in _filters(shown):
        answer = await shop.send(caller, "GET", f"{path}?{urlencode([one])}")
        if answer.status == HTTPStatus.OK and answer.body["items"]:
            yield one


def _filters(shown: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in shown.items():
        if isinstance(value, str):
            yield name, value
            yield f"{name}[in]", value
            yield f"{name}[gte]", value
            yield f"{name}[like]", "%a%"
        elif isinstance(value, bool | int | float):
            yield name, str(value).lower()

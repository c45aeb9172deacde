"""What `make scan` hands the scanners: valid requests, for every operation there is."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.payments_program import sandbox
from tests.acceptance.peopled_shop import PeopledShop, peopled_shop
from tests.scans.callers import CALLERS
from tests.scans.requests_of import samples
from tests.scans.sample import MARK, Sample


async def test_each_operation_has_a_request_that_is_answered_well(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir(mode=0o700)
    async with sandbox() as (_, payments_url, _):
        monkeypatch.setenv("PAYMENTS_URL", payments_url)
        async with peopled_shop(data_dir / "data") as shop:
            document = (await shop.ask("GET", "/openapi.json")).body
            asked, refused = set(), []
            for caller in CALLERS:
                async for sample in samples(shop, document, caller=caller):
                    asked.add(sample.operation)
                    status = await answered(shop, sample, caller=caller)
                    # 402 is what a card that is always declined gets.
                    if status >= HTTPStatus.MULTIPLE_CHOICES and status != HTTPStatus.PAYMENT_REQUIRED:
                        refused.append((caller, sample.name, status))

    assert refused == []
    assert asked ^ set(operations(document)) == set()


def operations(document: Any) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method in methods.keys() - {"parameters"}:
            yield f"{method.upper()} {path}"


async def answered(shop: PeopledShop, sample: Sample, *, caller: str) -> int:
    """Its status, sent as it is before a scanner changes it."""
    head, _, _ = sample.text(host="shop", credential=shop.credentials[caller]).partition("\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.replace(MARK, "").splitlines()[1:])
    del fields["Host"]
    fields.pop("Content-Length", None)
    target = sample.target.replace(MARK, "")
    async with shop.ask.session.request(sample.method, target, data=sample.body or None, headers=fields) as response:
        return response.status

"""What callers make up becomes no series: ten thousand addresses, methods and tenants that nobody declared."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from telemetry.catalogue import Metric, server_rows
from telemetry.events import METHODS, OTHER, UNMATCHED
from tests.acceptance.identity_provider import WORDS, provider
from tests.acceptance.service_process import service
from tests.source_tree import PROJECT
from tests.web_tokens import edwards, signed

SERVICE = PROJECT / "benchmarks" / "service.py"
"""Its limits are too high to end this."""

COMES_AND_GOES = {row.name.removesuffix("_total") for row in vars(server_rows).values() if isinstance(row, Metric)}
"""What the servers of Postgres and Redis tell of themselves, when they do."""

KEY = edwards()
WARMING, IN_ALL, AT_ONCE = 1_000, 10_000, 25
RARE = ("PROPFIND", "TRACE", "MKCOL")
"""Methods of HTTP that nothing here is declared for; one that is none of HTTP's is no request at all."""

MADE_UP = "zq"
"""How every word begins that is made up here."""

Series = tuple[str, frozenset[tuple[str, str]]]


class Strangers:
    """Makes up requests."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made up, not secret

    def word(self) -> str:
        return f"{MADE_UP}{self._random.getrandbits(64):x}"

    def method(self) -> str:
        return self._random.choice([*sorted(METHODS), *RARE, self.word().upper()])

    def path(self) -> str:
        word = self.word()
        known = UUID(int=self._random.getrandbits(128))
        return self._random.choice([f"/{word}", f"/products/{known}", f"/products/{word}", f"/products?{word}={word}"])

    def headers(self) -> dict[str, str]:
        token = signed(KEY, "EdDSA", sub=self.word(), tenant=self.word(), roles=[self.word()], jti=self.word())
        return {"Authorization": f"Bearer {token}", "User-Agent": self.word(), "Request-Timeout": "30"}


async def ask(client: aiohttp.ClientSession, strangers: Strangers, *, times: int) -> None:
    async def caller(share: int) -> None:
        for _ in range(share):
            async with client.request(strangers.method(), strangers.path(), headers=strangers.headers()) as answer:
                await answer.read()

    await asyncio.gather(*(caller(times // AT_ONCE) for _ in range(AT_ONCE)))


async def series(admin: aiohttp.ClientSession) -> set[Series]:
    async with admin.get("/metrics") as answer:
        text = await answer.text()
    return {
        (sample.name, frozenset(sample.labels.items()))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name not in COMES_AND_GOES
    }


def without_ends(found: set[Series]) -> set[Series]:
    """How a request or a call ends is a word of a closed set; which of them come depends on how busy the machine is."""
    ends = {"http_response_status_code", "outcome", "error_type"}
    return {(name, frozenset(pair for pair in labels if pair[0] not in ends)) for name, labels in found}


def values(found: set[Series], label: str) -> set[str]:
    return {value for _, labels in found for name, value in labels if name == label}


def words(found: set[Series]) -> Iterator[str]:
    for name, labels in found:
        yield name
        yield from (value for _, value in labels)


async def test_ten_thousand_addresses_methods_and_tenants_add_no_series(data_dir: Path) -> None:
    strangers = Strangers(seed=5)
    async with (
        provider(KEY) as published,
        service(SERVICE, data_dir, JWKS_URL=published.url, LOG_LEVEL="error", **WORDS) as running,
        aiohttp.ClientSession(running.base_url) as client,
        aiohttp.ClientSession(running.admin_url) as admin,
    ):
        await ask(client, strangers, times=WARMING)
        before = await series(admin)
        await ask(client, strangers, times=IN_ALL - WARMING)
        after = await series(admin)

    assert without_ends(after) - without_ends(before) == set()
    assert [word for word in words(after) if MADE_UP in word.lower()] == []
    assert values(after, "http_request_method") == METHODS | {OTHER}
    assert values(after, "http_route") >= {UNMATCHED, "/products/{id}"}
    assert ("metrics_label_overflow_total", frozenset()) in after

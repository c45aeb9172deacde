"""Faults that take their time, or a whole process: several hold at once, as their alerts have nothing in common."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import aiohttp

from tests.acceptance.admin_port import numbers
from tests.ports import free_port
from tests.proof.callers import calling, coming
from tests.proof.dependency_faults import BURNS
from tests.proof.fault import Fault
from tests.proof.process_faults import LATE
from tests.proof.shops import Shop, served

MANY = "DOORS_MANY"
"""The variable that says how many addresses more the shop has."""

_KILLS = 4
_LONG_SECONDS = 100.0


def patient_faults() -> Sequence[Fault]:
    """Those that hold at the same time."""
    return [
        Fault(
            name="a breaker is held open by hand and forgotten",
            make=_breaker_held,
            alerts=frozenset({"BreakerForced"}),
            follow=frozenset({"TargetDown"}),  # of the process that is taken away meanwhile
            patience_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="a deploy stops half-way; the keys of tokens cannot be fetched",
            make=_half_deployed,
            alerts=frozenset({"VersionsMixed", "KeySetUnavailable"}),
            follow=frozenset({"TargetDown"}),  # when the half that was deployed is taken away again
            patience_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="memory is kept for ever",
            make=_leaking,
            alerts=frozenset({"MemoryGrowing"}),
            follow=frozenset({"TargetDown"}),
            patience_seconds=_LONG_SECONDS,
        ),
    ]


def ending_faults() -> Sequence[Fault]:
    """One after the other; the last of them end the process."""
    return [
        Fault(
            name="the new certificate is none",
            make=_bad_certificate,
            alerts=frozenset({"CertificateRenewalFailed"}),
        ),
        Fault(
            name="scrapes take longer than a second",
            make=_slow_scrapes,
            alerts=frozenset({"ScrapeSlow"}),
            follow=BURNS | {"EventLoopLagHigh", "TargetDown", "ServiceDown", "CallersLeaving", "Shedding"},
        ),
        Fault(
            name="a label has too many values",
            make=_label_flood,
            alerts=frozenset({"SeriesLimit"}),
            follow=LATE,
        ),
        Fault(
            name="the process dies again and again (kill -9)",
            make=_dying,
            alerts=frozenset({"RestartLoop"}),
            follow=BURNS | {"TargetDown", "ServiceDown", "NoTraffic"},
        ),
        Fault(
            name="the process is dead (kill -9)",
            make=_dead,
            alerts=frozenset({"TargetDown", "ServiceDown"}),
            follow=frozenset({"NoTraffic", "RestartLoop"}) | BURNS,
        ),
    ]


@asynccontextmanager
async def _breaker_held(shop: Shop) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(shop.admin) as session:
        await _force(session, "forced_closed")
        try:
            yield
        finally:
            await _force(session, "auto")


async def _force(session: aiohttp.ClientSession, state: str) -> None:
    async with session.put("/breakers/redis", json={"state": state}) as answer:
        assert answer.status < 300, await answer.text()


@asynccontextmanager
async def _half_deployed(shop: Shop) -> AsyncIterator[None]:
    other = replace(
        shop,
        data_dir=shop.data_dir.with_name("neighbour"),
        settings={
            "JWKS_URL": f"http://127.0.0.1:{free_port()}/jwks",
            "JWT_ISSUER": "https://issuer.example",
            "JWT_AUDIENCE": "shop",
        },
        environment={**shop.environment, "DOORS_VERSION": "0.9.0", MANY: "0"},
        port=free_port(),
        admin_port=free_port(),
        tasks=[],
    )
    async with served(other):
        shop.show(other)
        try:
            yield
        finally:
            shop.show()


@asynccontextmanager
async def _leaking(shop: Shop) -> AsyncIterator[None]:
    await shop.get("/doors/hoard?mebibytes=400")
    try:
        yield
    finally:
        await shop.get("/doors/hoard?mebibytes=0")


@asynccontextmanager
async def _bad_certificate(shop: Shop) -> AsyncIterator[None]:
    certificate = Path(shop.settings["TLS_CERT"])
    good = certificate.read_bytes()
    certificate.write_text("no certificate")
    async with coming(lambda: _shake_hands(shop), a_second=5):
        try:
            yield
        finally:
            certificate.write_bytes(good)
            async with aiohttp.ClientSession(shop.admin) as session:
                while not sum(await numbers(session, 'tls_certificate_renewals_total{outcome="ok"}')):
                    await _shake_hands(shop)


async def _shake_hands(shop: Shop) -> int:
    """Come with a new connection, as a certificate is looked at when it is shown; the status, 0 for none."""
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session, session.get(f"{shop.url}/categories", ssl=False) as answer:
            return answer.status
    return 0


@asynccontextmanager
async def _slow_scrapes(shop: Shop) -> AsyncIterator[None]:
    async with calling(shop, "/doors/block?seconds=1.2", a_second=5):
        yield


@asynccontextmanager
async def _label_flood(shop: Shop) -> AsyncIterator[None]:
    paths = [f"/doors/many/{number}" for number in range(int(shop.environment[MANY]))]
    for path in paths:
        await asyncio.gather(
            shop.get(f"{path}?unknown=1"),
            shop.get(path, method="HEAD"),
            shop.get(path, method="OPTIONS"),
            shop.get(path, Host="elsewhere.example"),
            shop.get(path, method="HEAD", Host="elsewhere.example"),
        )
    yield


@asynccontextmanager
async def _dying(shop: Shop) -> AsyncIterator[None]:
    for _ in range(_KILLS):
        await shop.kill()
        await shop.start()
        await shop.until_seen()
    yield


@asynccontextmanager
async def _dead(shop: Shop) -> AsyncIterator[None]:
    await shop.kill()
    try:
        yield
    finally:
        await shop.start()

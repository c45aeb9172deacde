"""Faults that take their time and hold at once, as their alerts have nothing in common; then those that end it all."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from tests.integration.certificates import Files, dated
from tests.ports import free_port
from tests.proof.dependency_faults import BURNS
from tests.proof.fault import Fault
from tests.proof.neighbours import OF_A_NEIGHBOUR, beside, neighbour
from tests.proof.process_faults import LATE
from tests.proof.shops import Shop

_KILLS = 4
_LONG_SECONDS = 100.0


def patient_faults() -> Sequence[Fault]:
    """Those that hold at the same time."""
    return [
        Fault(
            name="a breaker is held open by hand and forgotten",
            make=_breaker_held,
            alerts=frozenset({"BreakerForced"}),
            patience_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="a deploy stops half-way; the keys of tokens cannot be fetched",
            make=_half_deployed,
            alerts=frozenset({"VersionsMixed", "KeySetUnavailable"}),
            follow=OF_A_NEIGHBOUR,
            patience_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="a process dies again and again (kill -9)",
            make=_dying,
            alerts=frozenset({"RestartLoop"}),
            follow=OF_A_NEIGHBOUR,
            patience_seconds=_LONG_SECONDS,
            clears_within_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="memory is kept for ever",
            make=_leaking,
            alerts=frozenset({"MemoryGrowing"}),
            patience_seconds=_LONG_SECONDS,
        ),
    ]


def ending_faults() -> Sequence[Fault]:
    """One after the other; the last of them ends the process."""
    return [
        Fault(
            name="the new certificate is none",
            make=_bad_certificate,
            alerts=frozenset({"CertificateRenewalFailed"}),
        ),
        Fault(
            name="the certificate has expired",
            make=_expired_certificate,
            alerts=frozenset({"CertificateExpired", "CertificateExpiresSoon"}),
        ),
        Fault(
            name="scrapes take longer than a second",
            make=_slow_scrapes,
            alerts=frozenset({"ScrapeSlow"}),
            follow=BURNS | LATE | {"EventLoopLagHigh", "TargetDown", "ServiceDown", "CallersLeaving", "Shedding"},
        ),
        Fault(
            name="the process is dead (kill -9)",
            make=_dead,
            alerts=frozenset({"TargetDown", "ServiceDown"}),
            follow=BURNS | LATE | {"NoTraffic"},
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
    tokens = {
        "JWKS_URL": f"http://127.0.0.1:{free_port()}/jwks",
        "JWT_ISSUER": "https://issuer.example",
        "JWT_AUDIENCE": "shop",
    }
    async with beside(shop, neighbour(shop, "older", settings=tokens, environment={"DOORS_VERSION": "0.9.0"})):
        yield


@asynccontextmanager
async def _dying(shop: Shop) -> AsyncIterator[None]:
    async with beside(shop, neighbour(shop, "mortal", settings={}, environment={})) as other:
        for _ in range(_KILLS):
            await other.kill()
            await other.start()
            await other.until_seen()
        yield


@asynccontextmanager
async def _leaking(shop: Shop) -> AsyncIterator[None]:
    await shop.ask("/doors/hoard?mebibytes=400")
    try:
        yield
    finally:
        await shop.ask("/doors/hoard?mebibytes=0")


@asynccontextmanager
async def _bad_certificate(shop: Shop) -> AsyncIterator[None]:
    certificate = Path(shop.settings["TLS_CERT"])
    good = certificate.read_bytes()
    certificate.write_text("no certificate")
    try:
        yield
    finally:
        certificate.write_bytes(good)


@asynccontextmanager
async def _expired_certificate(shop: Shop) -> AsyncIterator[None]:
    """One that has ended an hour ago; those who call the shop do not look at certificates."""
    certificate, key = Path(shop.settings["TLS_CERT"]), Path(shop.settings["TLS_KEY"])
    good = certificate.read_bytes(), key.read_bytes()
    today = datetime.now(UTC)
    Files(certificate=certificate, key=key).replace_with(
        dated(certificate.parent, begins=today - timedelta(days=90), ends=today - timedelta(hours=1))
    )
    try:
        yield
    finally:
        certificate.write_bytes(good[0])
        key.write_bytes(good[1])


@asynccontextmanager
async def _slow_scrapes(shop: Shop) -> AsyncIterator[None]:
    """By a single call, let in before there is any overload to refuse it for."""
    call = asyncio.create_task(shop.ask("/doors/stutter?seconds=50", seconds=60))
    try:
        yield
    finally:
        call.cancel()


@asynccontextmanager
async def _dead(shop: Shop) -> AsyncIterator[None]:
    await shop.kill()
    try:
        yield
    finally:
        await shop.start()

"""Redis over TLS: its certificate is checked, ours is shown, and who is refused hears why."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from middleware.errors import Problem, Unavailable
from server.redis_settings import redis_address
from server.settings import Settings
from storage.redis.refusal import refusal
from tests.integration.certificates import Files, made
from tests.integration.redis_uses import EVERYTHING, PATIENCE, uses
from tests.integration.test_redis_client import open_client
from tests.integration.tls_relay import tls_relay
from tests.integration.valkey_group import PASSWORD, one_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """A server behind TLS that asks who comes for a certificate; each certificate is its own authority."""

    place: str
    elsewhere: str
    """Another address of the same, which its certificate does not name."""

    server: Files
    ours: Files

    def url(self, place: str = "", /, **files: Path) -> str:
        """The address as the settings make it."""
        url = f"rediss://shop:{quote(PASSWORD)}@{place or self.place}/0"
        return redis_address(Settings(redis_url=url, **files))  # type: ignore[arg-type]  # pydantic makes it a secret


@pytest.fixture
async def encrypted(data_dir: Path) -> AsyncIterator[Encrypted]:
    async with one_server(data_dir) as node:
        server, ours = made(data_dir, "server"), made(data_dir, "ours")
        context = server.identity
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ours.certificate)
        host = "127.0.0.2"
        async with tls_relay(node.port, context) as port, tls_relay(node.port, context, host=host) as other:
            yield Encrypted(place=f"localhost:{port}", elsewhere=f"{host}:{other}", server=server, ours=ours)


async def refused(url: str) -> str:
    async with open_client(url, **PATIENCE) as client:
        with pytest.raises(Problem) as told:
            await client.ping()
    assert isinstance(told.value, Unavailable)
    return refusal(told.value)


async def test_with_the_right_certificates_everything_works(encrypted: Encrypted) -> None:
    ours = encrypted.ours
    url = encrypted.url(redis_ca=encrypted.server.certificate, redis_cert=ours.certificate, redis_key=ours.key)

    async with open_client(url, **PATIENCE) as client:
        assert await uses(client) == EVERYTHING


@pytest.mark.parametrize("trusted", ["nobody", "another"])
async def test_a_certificate_nobody_vouches_for_is_refused(encrypted: Encrypted, trusted: str) -> None:
    others = encrypted.ours.certificate
    url = encrypted.url(redis_ca=others) if trusted == "another" else encrypted.url()

    why = await refused(url)

    assert why.startswith("its certificate is not trusted (")
    assert why.endswith("): MAINSTAY_REDIS_CA names who signs it")


async def test_a_certificate_for_another_name_is_refused(encrypted: Encrypted) -> None:
    url = encrypted.url(encrypted.elsewhere, redis_ca=encrypted.server.certificate)

    assert "IP address mismatch" in await refused(url)


async def test_who_shows_no_certificate_is_refused(encrypted: Encrypted) -> None:
    async with open_client(encrypted.url(redis_ca=encrypted.server.certificate), **PATIENCE) as client:
        with pytest.raises(Unavailable):
            await client.ping()

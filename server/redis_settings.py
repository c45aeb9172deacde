"""What the settings of Redis' certificates may not say, and the address they make together with the URL."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from pydantic import SecretStr


class RedisSettings(Protocol):
    """The settings that are about Redis."""

    @property
    def redis_url(self) -> SecretStr:
        """Where it is; empty for the embedded one."""

    @property
    def redis_ca(self) -> Path | None:
        """Who signs its certificate."""

    @property
    def redis_cert(self) -> Path | None:
        """The certificate we show."""

    @property
    def redis_key(self) -> Path | None:
        """Its key."""


def redis_problems(settings: RedisSettings) -> Iterator[str]:
    """A sentence for everything wrong, after the name of the setting without its prefix."""
    given = [("REDIS_CA", settings.redis_ca), ("REDIS_CERT", settings.redis_cert), ("REDIS_KEY", settings.redis_key)]
    names = " and ".join(name for name, path in given if path is not None)
    if names and not settings.redis_url.get_secret_value().startswith("rediss"):
        yield f"{names}: only a REDIS_URL that begins with rediss is spoken to over TLS"
    if (settings.redis_cert is None) != (settings.redis_key is None):
        yield "REDIS_CERT and REDIS_KEY are given together"
        return
    yield from _unusable(settings)


def redis_address(settings: RedisSettings) -> str:
    """The URL with what its connections are encrypted with; empty for the embedded Redis."""
    url = settings.redis_url.get_secret_value()
    files = {
        "ssl_ca_certs": settings.redis_ca,
        "ssl_certfile": settings.redis_cert,
        "ssl_keyfile": settings.redis_key,
    }
    options = urlencode({name: str(path) for name, path in files.items() if path is not None})
    if not url or not options:
        return url
    return f"{url}{'&' if '?' in url else '?'}{options}"


def _unusable(settings: RedisSettings) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.redis_ca is not None:
        try:
            context.load_verify_locations(settings.redis_ca)
        except ssl.SSLError:
            yield f"REDIS_CA: {settings.redis_ca} holds no certificate in PEM form"
        except OSError as error:
            yield f"REDIS_CA: {settings.redis_ca} cannot be read: {error.strerror}"
    if settings.redis_cert is not None:
        try:
            context.load_cert_chain(settings.redis_cert, settings.redis_key, password=_no_password)
        except ssl.SSLError:
            yield "REDIS_CERT and REDIS_KEY are no PEM certificate and its key without a password"
        except OSError as error:
            yield f"REDIS_CERT and REDIS_KEY cannot be read: {error.strerror}"


def _no_password() -> str:
    """Without this OpenSSL asks the terminal for one."""
    return ""

"""What the settings of tokens may not say, each alone or together."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from server.identity.algorithms import ALGORITHMS, SECRET_ALGORITHMS


class TokenSettings(Protocol):
    """The settings that are about tokens."""

    @property
    def jwks_url(self) -> str:
        """Where the keys are fetched from."""

    @property
    def jwt_key_file(self) -> Path | None:
        """The file they are in."""

    @property
    def jwt_issuer(self) -> str:
        """Whose tokens are taken."""

    @property
    def jwt_audience(self) -> str:
        """For whom they were made."""

    @property
    def jwt_algorithms(self) -> tuple[str, ...]:
        """How they may be signed."""


def token_problems(settings: TokenSettings) -> Iterator[str]:
    """A sentence for everything wrong, after the name of the setting without its prefix."""
    keys = [bool(settings.jwks_url), settings.jwt_key_file is not None]
    if all(keys):
        yield "JWKS_URL and JWT_KEY_FILE: the keys of tokens come from one of them"
    for name, value in (("JWT_ISSUER", settings.jwt_issuer), ("JWT_AUDIENCE", settings.jwt_audience)):
        if any(keys) and not value:
            yield f"{name}: tokens are taken from one issuer for one audience; say which"
        if value and not any(keys):
            yield f"{name}: tokens are verified with keys; give JWKS_URL or JWT_KEY_FILE"
    yield from _algorithm_problems(settings)
    if settings.jwks_url and not _is_safe(settings.jwks_url):
        yield "JWKS_URL: whoever can change the keys on their way can sign tokens; write https://…"


def _algorithm_problems(settings: TokenSettings) -> Iterator[str]:
    chosen = set(settings.jwt_algorithms)
    for unknown in sorted(chosen - ALGORITHMS):
        yield f"JWT_ALGORITHMS: {unknown!r} is none of {', '.join(sorted(ALGORITHMS))}"
    if not chosen:
        yield "JWT_ALGORITHMS: name at least one"
    if chosen & SECRET_ALGORITHMS and (settings.jwks_url or not chosen <= SECRET_ALGORITHMS):
        yield "JWT_ALGORITHMS: HS256, HS384 and HS512 are for a secret in JWT_KEY_FILE, and for no other keys beside it"


def _is_safe(text: str) -> bool:
    """TLS, or a connection that does not leave this machine."""
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    host = url.hostname
    return bool(host) and (url.scheme == "https" or (url.scheme == "http" and _is_here(str(host))))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

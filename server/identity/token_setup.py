"""Puts together what takes tokens, as the settings say; slow to import, so only imported where they say something."""

from server.identity.algorithms import SECRET_ALGORITHMS
from server.identity.callers import TokenParts
from server.identity.key_fetch import KeyFetch
from server.identity.key_set import KeySetUnfit, read_key_set
from server.identity.key_sources import FetchedKeys, FixedKeys, KeySource
from server.identity.token_claims import ClaimReader
from server.identity.token_reader import TokenPolicy, TokenReader
from server.identity.verified import Verified
from server.identity.web_tokens import WebTokens
from server.service import Service
from server.settings import PREFIX, Settings
from telemetry.events import Observe


class KeyFileUnfit(Exception):  # noqa: N818 - it says what is wrong
    """The file of keys cannot be used."""


def token_parts(settings: Settings, service: Service, *, observe: Observe) -> TokenParts:
    """What authenticates tokens; raises KeyFileUnfit where the keys are to come from a file that has none."""
    policy = TokenPolicy(issuer=settings.jwt_issuer, audience=settings.jwt_audience, algorithms=settings.jwt_algorithms)
    if settings.jwks_url:
        fetch = KeyFetch(settings.jwks_url)
        keys = FetchedKeys(fetch, observe)
        return TokenParts(_authenticator(policy, service, keys=keys), run=keys.run, close=fetch.close)
    return TokenParts(_authenticator(policy, service, keys=_keys_of(settings)))


def _authenticator(policy: TokenPolicy, service: Service, *, keys: KeySource) -> WebTokens:
    return WebTokens(TokenReader(policy), ClaimReader(service), keys=keys, verified=Verified())


def _keys_of(settings: Settings) -> FixedKeys:
    file = settings.jwt_key_file
    if file is None:
        raise KeyFileUnfit
    is_secret = not SECRET_ALGORITHMS.isdisjoint(settings.jwt_algorithms)
    try:
        return FixedKeys(read_key_set(file.read_bytes(), secrets=is_secret))
    except OSError as error:
        raise KeyFileUnfit(f"{PREFIX}JWT_KEY_FILE: {file} cannot be read ({error.strerror}).") from error
    except KeySetUnfit as error:
        raise KeyFileUnfit(f"{PREFIX}JWT_KEY_FILE: {file}: {error}") from error

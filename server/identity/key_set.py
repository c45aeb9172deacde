"""The keys that tokens are signed with: public ones, read from a JWK set (RFC 7517) or a PEM."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from server.identity.algorithms import CURVE_ALGORITHMS, EDWARDS_ALGORITHMS, RSA_ALGORITHMS, SECRET_ALGORITHMS

KEYS_AT_MOST = 100
RSA_BITS = range(2_048, 8_193)
"""Shorter is broken (NIST SP 800-57); longer takes milliseconds a signature."""
SECRET_BITS_AT_LEAST = 256

Key = RSAKey | ECKey | OKPKey | OctKey


class KeySetUnfit(Exception):  # noqa: N818 - it says what is wrong
    """These are no keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key, its name in the set, and the algorithms it is for: an RSA key never verifies an HMAC."""

    key_id: str | None
    key: Key = field(repr=False)
    algorithms: frozenset[str]

    def takes(self, algorithm: str) -> bool:
        """Whether tokens signed so may be this key's."""
        return algorithm in self.algorithms


class KeySet:
    """Some keys."""

    def __init__(self, keys: Sequence[PublicKey]) -> None:
        self._keys = tuple(keys)

    def find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """The key of this name, or the only one of its kind where a token names none."""
        named = [key for key in self._keys if key_id is None or key.key_id in (key_id, None)]
        fit = [key for key in named if key.takes(algorithm)] or named
        return fit[0] if len(fit) == 1 else None

    def __len__(self) -> int:
        return len(self._keys)


def read_key_set(content: bytes, *, secrets: bool = False) -> KeySet:
    """Read a JWK set, a JWK or a PEM; keys that are none of ours to use are left out. Raises KeySetUnfit.

    Only with `secrets` are there keys that both sign and verify.
    """
    if content.lstrip().startswith(b"-----BEGIN"):
        return _nonempty([_from_pem(content)])
    try:
        document = orjson.loads(content)
    except ValueError as error:
        raise KeySetUnfit("This is neither JSON nor PEM.") from error
    listed = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > KEYS_AT_MOST:
        raise KeySetUnfit(f"A set has a list of at most {KEYS_AT_MOST} keys.")
    return _nonempty([*_usable(listed, secrets=secrets)])


def _nonempty(keys: Sequence[PublicKey]) -> KeySet:
    if not keys:
        raise KeySetUnfit("There is no key in it that tokens could be signed with.")
    return KeySet(keys)


def _from_pem(content: bytes) -> PublicKey:
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            key = kind.import_key(content)
        except (JoseError, ValueError, TypeError):
            continue
        algorithms = _algorithms_of(key)
        if algorithms:
            return PublicKey(key_id=None, key=key, algorithms=algorithms)
    raise KeySetUnfit("The PEM holds no public key for RS, PS, ES or EdDSA signatures.")


def _usable(listed: list[Any], *, secrets: bool) -> Iterator[PublicKey]:
    for one in listed:
        if (
            not isinstance(one, dict)
            or one.get("use", "sig") != "sig"
            or "verify" not in one.get("key_ops", ["verify"])
        ):
            continue
        try:
            key = jwk.import_key(one)
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # of a kind we do not know, or broken: the others may be what is wanted
        algorithms = _algorithms_of(key)
        if "alg" in one:
            algorithms &= {one["alg"]}
        if algorithms and (secrets or not isinstance(key, OctKey)):
            key_id = one.get("kid")
            yield PublicKey(key_id=key_id if isinstance(key_id, str) else None, key=key, algorithms=algorithms)


def _algorithms_of(key: Key) -> frozenset[str]:
    match key:
        case RSAKey():
            return RSA_ALGORITHMS if key.public_key.key_size in RSA_BITS else frozenset()
        case ECKey():
            return frozenset({CURVE_ALGORITHMS.get(key.curve_name, "")} - {""})
        case OKPKey():
            return EDWARDS_ALGORITHMS if key.curve_name == "Ed25519" else frozenset()
        case OctKey():
            return SECRET_ALGORITHMS if len(key.raw_value) * 8 >= SECRET_BITS_AT_LEAST else frozenset()

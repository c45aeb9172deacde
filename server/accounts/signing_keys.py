"""The keys that access tokens are signed with: made here, kept sealed in the database, published as a JWK set."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from middleware.errors import Problem, Unavailable
from server.identity.key_set import KeySet, PublicKey, read_key_set
from server.identity.single_flight import SingleFlight
from storage.credentials.signing_key_table import StoredSigningKey

ALGORITHM = "ES256"
"""The one that every verifier knows and that signs in a tenth of a millisecond, an RSA key in one."""

KEY_ID_PREFIX = "mainstay-"
"""Tells tokens of ours from those of an identity provider, before either is verified."""

AGAIN_SECONDS = 1.0
"""How soon the keys are read again for a name nobody knows: whoever invents names makes us ask no oftener."""

REFRESH_SECONDS = 60.0
"""How late a replica signs with a key whose time has come."""

PUBLISHED_BEFORE_SECONDS = 600.0
"""How long a new key is published before it signs: twice as long as others may rely on the set they have."""

_CURVE = "P-256"
_ID_BYTES = 8
_SEAL = {"alg": "dir", "enc": "A256GCM"}


class StoredKeys(Protocol):
    """The table of signing keys."""

    async def valid(self) -> list[StoredSigningKey]:
        """Those that tokens may be signed with, the one that signs last at the end; raises a Problem."""

    async def add(self, key: StoredSigningKey) -> None:
        """Store one; raises a Problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    key_id: str
    key: ECKey = field(repr=False)


class SigningKeys:
    """A KeySource that also signs. Each method raises what the table raises."""

    def __init__(
        self,
        table: StoredKeys,
        sealing_key: bytes,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._table = table
        self._sealing_key = sealing_key
        self._seal = OctKey.import_key(sealing_key)
        self._now = now
        self._sleep = sleep
        self._keys = KeySet([])
        self._signer: _Signer | None = None
        self._read_at_seconds = float("-inf")
        self._flights = SingleFlight(self._read)
        self.published: bytes = b'{"keys":[]}'
        """The public halves, as a JWK set (RFC 7517)."""

    async def open(self) -> None:
        """Read the keys; make the first one, or one for a secret that opens none of those that there are."""
        await self.refresh()
        if self._signer is None:
            await self._table.add(new_signing_key(self._sealing_key))
            await self.refresh()

    async def refresh(self) -> None:
        """Read them again."""
        await self._flights.get("")

    async def run(self) -> None:
        """Read them again and again: the time of a new key comes."""
        while True:
            await self._sleep(REFRESH_SECONDS)
            with suppress(Problem):  # observed by the layers it passed
                await self.refresh()

    async def find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """The key of this name; an unknown one has them read again, if that was not done just now."""
        found = self._keys.find(key_id, algorithm) if key_id else None
        if found is None and self._now() - self._read_at_seconds >= AGAIN_SECONDS:
            await self.refresh()
            found = self._keys.find(key_id, algorithm) if key_id else None
        return found

    def signed(self, claims: dict[str, Any]) -> str:
        """A token that says this; raises Unavailable while there is no key to sign it with."""
        if self._signer is None:
            raise Unavailable("There is no key to sign a token with just now.")
        header = {"alg": ALGORITHM, "kid": self._signer.key_id, "typ": "at+jwt"}
        return jws.serialize_compact(header, orjson.dumps(claims), self._signer.key, algorithms=[ALGORITHM])

    async def _read(self, _all: str) -> None:
        stored = await self._table.valid()
        self._read_at_seconds = self._now()
        self.published = orjson.dumps({"keys": [orjson.loads(one.public_half) for one in stored]})
        self._keys = read_key_set(self.published) if stored else KeySet([])
        signers = (self._opened(one) for one in reversed(stored) if one.signs)
        self._signer = next((one for one in signers if one is not None), None)

    def _opened(self, stored: StoredSigningKey) -> _Signer | None:
        """The private half; None where another secret sealed it, as before the secret was changed."""
        try:
            private = jwe.decrypt_compact(stored.sealed_half, self._seal, algorithms=[*_SEAL.values()]).plaintext
        except JoseError:
            return None
        return _Signer(key_id=stored.id, key=ECKey.import_key(orjson.loads(private or b"{}")))


def new_signing_key(sealing_key: bytes) -> StoredSigningKey:
    """Draw a key and seal its private half."""
    seal = OctKey.import_key(sealing_key)
    key = ECKey.generate_key(_CURVE)
    key_id = KEY_ID_PREFIX + secrets.token_hex(_ID_BYTES)
    public = {**key.as_dict(private=False), "kid": key_id, "use": "sig", "alg": ALGORITHM}
    sealed = jwe.encrypt_compact(dict(_SEAL), orjson.dumps(key.as_dict(private=True)), seal)
    return StoredSigningKey(id=key_id, public_half=orjson.dumps(public).decode(), sealed_half=sealed, signs=True)

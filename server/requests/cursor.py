"""Paging cursors: opaque to callers, bound to one list and its order, and signed so that no one can forge one."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

import orjson

from middleware.errors import Fault, Malformed
from storage.listing import Order

_SIGNATURE_BYTES = 16
"""128 bits of HMAC-SHA-256: half its output, the shortest truncation RFC 2104 §5 recommends."""
_LENGTH_MAXIMUM = 16_384
_KEPT = 1_024
_KEPT_BYTES = 256
"""So many cursors are kept as they were written, of no longer values: the first pages of a list are asked for again and
again, and to sign one takes 2 µs."""


class Cursors:
    """Writes and reads the cursors of one list. `secret` is shared by every replica."""

    def __init__(self, secret: bytes, path: str) -> None:
        self._secret = secret
        self._path = path
        self._kept = lru_cache(maxsize=_KEPT)(self._signed)

    def write(self, order: Sequence[Order], after: Sequence[str | None]) -> str:
        """The cursor for what comes after the record with these sort values."""
        question, payload = self._question(order), orjson.dumps(after)
        return (self._kept if len(payload) <= _KEPT_BYTES else self._signed)(question, payload)

    def read(self, order: Sequence[Order], cursor: str) -> tuple[str | None, ...]:
        """The sort values in `cursor`; raises Malformed where it is not one this list gave for this order."""
        signed = _decoded(cursor)
        signature, payload = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(self._question(order), payload)):
            raise Malformed("The cursor does not fit.", faults=[_UNFIT])
        values: list[str | None] = orjson.loads(payload)
        return tuple(values)

    def _question(self, order: Sequence[Order]) -> bytes:
        return orjson.dumps([self._path, [(key.field.name, key.descending) for key in order]])

    def _signed(self, question: bytes, payload: bytes) -> str:
        return _encoded(self._signature(question, payload) + payload)

    def _signature(self, question: bytes, payload: bytes) -> bytes:
        digest = hmac.digest(self._secret, question + b"\0" + payload, hashlib.sha256)
        return digest[:_SIGNATURE_BYTES]


_UNFIT = Fault(
    code="cursor_mismatch",
    detail="use the cursor as the list gave it, with the same path and sort; or start again without one",
    parameter="cursor",
)


def _decoded(cursor: str) -> bytes:
    """The bytes; none for what is not written exactly as `write` does: base64 has several spellings of the same."""
    if len(cursor) > _LENGTH_MAXIMUM:
        return b""
    try:
        signed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        return b""
    return signed if _encoded(signed) == cursor else b""


def _encoded(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

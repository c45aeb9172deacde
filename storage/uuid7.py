"""UUIDs that sort by the time they were made (RFC 9562 §5.7); the standard library has them from Python 3.14."""

import os
import time
from collections.abc import Callable
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_TIME_MASK = (1 << 48) - 1
_RANDOM_BYTES, _RANDOM_MASK = 8, (1 << 62) - 1


def uuid7(
    *, now_nanoseconds: Callable[[], int] = time.time_ns, random_bytes: Callable[[int], bytes] = os.urandom
) -> UUID:
    """Make a UUIDv7: 48 bits of Unix time in milliseconds, 12 bits of the millisecond's fraction, 62 random bits.

    The fraction (RFC 9562 §6.2, method 3) keeps ids made by one process in the order they were made down to
    about a quarter of a microsecond.
    """
    milliseconds, nanoseconds = divmod(now_nanoseconds(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    random = int.from_bytes(random_bytes(_RANDOM_BYTES)) & _RANDOM_MASK
    return UUID(int=(milliseconds & _TIME_MASK) << 80 | _VERSION | fraction << 64 | _VARIANT | random)

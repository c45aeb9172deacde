"""Passwords hashed with argon2id (RFC 9106), in a few threads beside the event loop and never too many at once."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from middleware.errors import Overloaded
from server.accounts.password_rules import weakness_of

T = TypeVar("T")

MEMORY_KIBIBYTES, PASSES, LANES = 19_456, 2, 1
"""OWASP's first choice (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. Two threads take 38 MiB and about
25 ms of a core a password; RFC 9106's 64 MiB would break the 120 MB a worker may have."""

THREADS = 2
WAITING_AT_MOST = 32
"""Past these somebody would wait longer than half a second for a place: better told so at once."""

_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIBIBYTES, parallelism=LANES)


class PasswordHashing:
    """Hashes and verifies; each method raises Overloaded where too many wait already."""

    def __init__(
        self, hasher: PasswordHasher = _HASHER, *, waiting_at_most: int = WAITING_AT_MOST, service: str = ""
    ) -> None:
        """`service` is the name of the one whose passwords these are: nobody's may be made of it."""
        self._hasher = hasher
        self._service = service
        self._places = THREADS + waiting_at_most
        self._at_work = 0
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="passwords")
        self.decoy = hasher.hash(secrets.token_hex())
        """The hash of a password that nobody has."""

    async def hashed(self, password: str) -> str:
        """The hash to store, with its salt and its parameters."""
        return await self._beside(lambda: self._hasher.hash(_normal(password)))

    async def matches(self, password: str, stored: str) -> bool:
        """Whether it is the one."""
        return await self._beside(lambda: self._verified(password, stored))

    async def weakness(self, password: str, name: str) -> str:
        """Why somebody who knows the name would guess it, as a sentence; empty where nobody would."""
        return await self._beside(lambda: weakness_of(password, name, self._service))

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verified(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _beside(self, work: Callable[[], T]) -> T:
        if self._at_work >= self._places:
            raise Overloaded
        self._at_work += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._at_work -= 1


def _normal(password: str) -> bytes:
    """The same letters typed on another keyboard are the same password (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")

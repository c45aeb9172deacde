"""Who has an account: names and passwords, made, recognised and changed without telling which names there are."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from middleware.errors import Fault, Invalid
from storage.credentials.account_table import AccountLock, AccountTable, NewAccount, StoredAccount

NAME_CHARACTERS = range(3, 255)
"""An e-mail address has at most 254 (RFC 3696, erratum 1690)."""

_ID_BYTES = 16
_BAD_NAME = f"a name has {NAME_CHARACTERS.start} to {NAME_CHARACTERS.stop - 1} visible characters and no spaces"


class Passwords(Protocol):
    """What hashes passwords; each method raises Overloaded where it has no room."""

    async def hashed(self, password: str) -> str:
        """The hash to store."""

    @property
    def decoy(self) -> str:
        """The hash of a password that nobody has, for a name that nobody has."""

    async def matches(self, password: str, stored: str) -> bool:
        """Whether it is the one."""

    async def weakness(self, password: str, name: str) -> str:
        """Why it would be guessed; empty where it would not."""

    def is_outdated(self, stored: str) -> bool:
        """Whether it should be hashed anew."""


class AccountRegister:
    """The accounts of a service. Each method raises what the table raises, and Overloaded."""

    def __init__(self, table: AccountTable, passwords: Passwords) -> None:
        self._table = table
        self._passwords = passwords

    async def add(self, name: str, password: str, *, roles: Sequence[str], tenant: str | None = None) -> bool:
        """Make an account; False where the name is taken, after the same work. Raises Invalid."""
        known = normal_name(name)
        faults = [] if known else [_fault("/name", code="bad_name", detail=_BAD_NAME)]
        weakness = await self._passwords.weakness(password, known or name)
        if weakness:
            faults.append(_fault("/password", code="weak_password", detail=weakness))
        if known is None or faults:
            raise Invalid(faults=faults)
        account = NewAccount(
            id=secrets.token_hex(_ID_BYTES),
            name=known,
            password_hash=await self._passwords.hashed(password),
            roles=roles,
            tenant=tenant,
        )
        return await self._table.add(account)

    async def recognised(self, name: str, password: str) -> AccountLock | None:
        """The lock that these open; it takes as long to find out that they open none."""
        lock = await self._table.find(normal_name(name) or "", decoy=self._passwords.decoy)
        is_right = await self._passwords.matches(password, lock.password_hash)
        if not lock.is_real or not is_right or lock.account.locked_at is not None:
            return None
        return await self._renewed(lock, password) if self._passwords.is_outdated(lock.password_hash) else lock

    async def read(self, account_id: str) -> StoredAccount | None:
        """The account of this id."""
        lock = await self._table.read(account_id)
        return None if lock is None else lock.account

    async def change_password(self, account_id: str, old: str, *, new: str) -> bool:
        """Put a new password in the old one's place; False where that is not the old one. Raises Invalid."""
        lock = await self._table.read(account_id)
        if lock is None or not await self._passwords.matches(old, lock.password_hash):
            return False
        account = lock.account
        weakness = await self._passwords.weakness(new, account.name)
        if weakness:
            raise Invalid(faults=[_fault("/new_password", code="weak_password", detail=weakness)])
        return await self._table.replace_hash(account.id, lock.password_hash, new=await self._passwords.hashed(new))

    async def _renewed(self, lock: AccountLock, password: str) -> AccountLock | None:
        """The lock with a hash as hashes are made now; where somebody was faster, what the password opens then."""
        made = await self._passwords.hashed(password)
        if await self._table.replace_hash(lock.account.id, lock.password_hash, new=made):
            return replace(lock, password_hash=made)
        return await self.recognised(lock.account.name, password)


def normal_name(text: str) -> str | None:
    """The form names are compared in: however it is typed, it is one account. None for what can be none."""
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    is_fit = len(name) in NAME_CHARACTERS and name.isprintable() and " " not in name
    return name if is_fit else None


def _fault(pointer: str, *, code: str, detail: str) -> Fault:
    return Fault(pointer=pointer, code=code, detail=detail)

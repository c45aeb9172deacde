"""Making, showing, renewing and revoking API keys: what the command and the admin API both do."""

from dataclasses import dataclass, field, replace

from middleware.errors import NotFound, Problem
from server.identity.key_text import new_key
from server.identity.revocation_watch import Stamp
from storage.credentials.key_table import KeyTable
from storage.credentials.stored_key import KeyGrant, StoredKey

KEY_SUBJECT = "key:"
"""How the subject of a key begins that stands for nobody else; a token's may not begin so."""

ACCOUNT_SUBJECT = "account:"
"""How that of an account begins; a token's of an identity provider may not begin so either."""

_NO_SUCH_KEY = "There is no such key."
_NONE_ALIVE = "There is no such key, or it has expired or been revoked: make a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A new key: `text` is the key itself, which nobody can be shown again.

    `is_announced` is False where an older key was shortened and the replicas could not be told: they notice within a
    minute.
    """

    stored: StoredKey
    text: str = field(repr=False)
    is_announced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedKey:
    """A key that is revoked; `is_announced` is False where the replicas could not be told and notice by themselves."""

    stored: StoredKey
    is_announced: bool


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a database. `tenant`, where one is given, confines all to that tenant's.

    Raises NotFound and what the table raises.
    """

    table: KeyTable
    stamp: Stamp | None
    """None where no replica can be running."""

    async def make(self, grant: KeyGrant, *, created_by: str) -> MadeKey:
        """Make a key; without a subject of its own it is one by itself, as `key:` and its id."""
        key = new_key()
        named = grant if grant.subject else replace(grant, subject=f"{KEY_SUBJECT}{key.name.id}")
        return MadeKey(stored=await self.table.add(key.name, named, created_by=created_by), text=key.text)

    async def shown(self, *, tenant: str | None = None) -> list[StoredKey]:
        """The keys there are, oldest first."""
        return await self.table.latest(tenant=tenant)

    async def revoke(self, key_id: str, *, tenant: str | None = None) -> RevokedKey:
        """End a key's life; once more is no mistake, and tells the replicas once more."""
        stored = await self.table.revoke(key_id, tenant=tenant)
        if stored is None:
            raise NotFound(_NO_SUCH_KEY)
        return RevokedKey(stored=stored, is_announced=await self.announce())

    async def announce(self) -> bool:
        """Have every replica look its keys up again; False where they could not be told and notice by themselves."""
        if self.stamp is None:
            return True
        try:
            await self.stamp.change()
        except Problem:
            return False
        return True

    async def rotate(
        self, key_id: str, *, overlap_seconds: float, created_by: str, tenant: str | None = None
    ) -> MadeKey:
        """Make a key that stands for the same; the old one works on for the overlap."""
        key = new_key()
        stored = await self.table.rotate(
            key_id, key.name, overlap_seconds=overlap_seconds, created_by=created_by, tenant=tenant
        )
        if stored is None:
            raise NotFound(_NONE_ALIVE)
        return MadeKey(stored=stored, text=key.text, is_announced=await self.announce())

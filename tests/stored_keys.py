"""A table of keys in memory, and keys to put there."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.errors import Unavailable
from server.identity.key_text import NewKey, new_key
from storage.credentials.stored_key import StoredKey

MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)


def stored_key(key_id: str, **more: Any) -> StoredKey:
    """A key of the role staff that expires in an hour."""
    known: dict[str, Any] = {
        "name": "",
        "subject": f"key:{key_id}",
        "tenant": None,
        "roles": ("staff",),
        "resources": None,
        "may_write": True,
        "limit_factor": None,
        "created_at": MOMENT,
        "created_by": "a test",
        "rotated_from": None,
        "expires_at": MOMENT + timedelta(hours=1),
        "expires_in_seconds": 3_600.0,
        "revoked_at": None,
        "last_used_at": None,
    }
    return StoredKey(id=key_id, **{**known, **more})


class HandKeys:
    """Keys by digest; `asked` counts the look-ups, which end once it `answers`; while it `is_away` there are none."""

    def __init__(self) -> None:
        self.stored: dict[bytes, StoredKey] = {}
        self.asked = 0
        self.used: list[set[str]] = []
        self.is_away = False
        self.was_asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    def add(self, **more: Any) -> NewKey:
        """Store a new key."""
        key = new_key()
        self.stored[key.name.digest] = stored_key(key.name.id, **more)
        return key

    def change(self, key: NewKey, **fields: Any) -> None:
        """Change what is stored of a key."""
        self.stored[key.name.digest] = replace(self.stored[key.name.digest], **fields)

    async def find(self, digest: bytes) -> StoredKey | None:
        self._reach()
        self.asked += 1
        self.was_asked.set()
        found = self.stored.get(digest)
        await self.answers.wait()
        return found

    async def mark_used(self, key_ids: Collection[str]) -> None:
        self._reach()
        self.used.append(set(key_ids))

    def _reach(self) -> None:
        if self.is_away:
            raise Unavailable

"""Tells every replica that a credential was revoked: a stamp in Redis that is another one each time."""

import secrets

from middleware.errors import Bug
from storage.redis.client import RedisClient

KEYS_STAMP = "mainstay:keys:stamp"
SESSIONS_STAMP = "mainstay:sessions:stamp"
_BYTES = 16


class RevocationStamp:
    """Drawn at random and not counted up: a server that forgets, or falls back to an older value, changes it too."""

    def __init__(self, redis: RedisClient, name: str = KEYS_STAMP) -> None:
        self._redis = redis
        self._name = name

    async def read(self) -> bytes | None:
        """The stamp, None where there is none yet; raises as RedisClient does."""
        found = await self._redis.run("GET", self._name)
        if found is not None and not isinstance(found, bytes):
            raise Bug
        return found

    async def change(self) -> None:
        """Draw a new one; raises as RedisClient does."""
        await self._redis.run("SET", self._name, secrets.token_bytes(_BYTES))

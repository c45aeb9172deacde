"""Limits that all replicas share: one round trip to Redis a decision."""

from middleware.errors import Bug
from middleware.inbound.quota import LEFT_SHARE, Charge, Taken
from storage.redis.client import RedisClient
from storage.redis.script import read_script


class SharedLimits:
    """Runs gcra.lua, which Redis runs alone: two takers never see the same allowance."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._script = read_script("gcra")

    async def take(self, key: str, charge: Charge, *, wanted: int = 1, returned_microseconds: int = 0) -> Taken:
        """Take the charge if it fits, up to `wanted` times, after giving some back; raise as RedisClient does."""
        amounts = (charge.cost_microseconds, charge.capacity_microseconds, wanted, LEFT_SHARE, returned_microseconds)
        match await self._redis.script(self._script, [key], arguments=amounts):
            case [int(used), int(wait), int(), int(count)]:
                return Taken(used_microseconds=used, wait_microseconds=wait, count=count)
            case _:
                raise Bug

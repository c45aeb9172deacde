"""Limits that all replicas share: one round trip to Redis a decision."""

from middleware.errors import Bug
from middleware.inbound.quota import Charge, Taken
from storage.redis.client import RedisClient
from storage.redis.script import read_script


class SharedLimits:
    """Runs gcra.lua, which Redis runs alone: two takers never see the same allowance."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._script = read_script("gcra")

    async def take(self, key: str, charge: Charge) -> Taken:
        """Take the charge if it fits; raise as RedisClient does."""
        amounts = (charge.cost_microseconds, charge.capacity_microseconds)
        match await self._redis.script(self._script, [key], arguments=amounts):
            case [int(used), int(wait), int()]:
                return Taken(used_microseconds=used, wait_microseconds=wait)
            case _:
                raise Bug

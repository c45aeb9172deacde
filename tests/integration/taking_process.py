"""A process that takes from one limit as fast as it can for a while, and prints how often it was allowed."""

import asyncio
import sys
import time

from middleware.errors import Problem
from middleware.inbound.quota import Limit, charge_of
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from storage.redis.client import RedisClient
from storage.redis.shared_limits import SharedLimits

WORKERS = 8


async def take(url: str, limit: Limit, *, seconds: float) -> int:
    """How many of all the tries were allowed."""
    client = RedisClient(url, policy=RedisPolicy(), senses=Senses(observe=lambda _event: None))
    limits, charge, end = SharedLimits(client), charge_of("read", limit, cost=1), time.monotonic() + seconds

    async def work() -> int:
        count = 0
        while time.monotonic() < end:
            try:
                count += (await limits.take("shared", charge)).is_allowed
            except Problem:  # no answer in time, on a busy machine: nothing was allowed
                await asyncio.sleep(0)
        return count

    try:
        return sum(await asyncio.gather(*(work() for _ in range(WORKERS))))
    finally:
        await client.close()


if __name__ == "__main__":
    requests, burst = int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.write(str(asyncio.run(take(sys.argv[1], Limit(requests, burst=burst), seconds=float(sys.argv[4])))))

"""What a command works with that does what a service does: a way to Postgres, a way to tell replicas."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from server.redis_settings import redis_address
from server.settings import Settings
from storage.embedded import running_valkey
from storage.postgres.pool import Pool
from storage.redis.client import RedisClient
from storage.redis.revocation_stamp import KEYS_STAMP, RevocationStamp
from telemetry.events import Event


@asynccontextmanager
async def opened_pool(dsn: str) -> AsyncIterator[Pool]:
    """The way to a database, for one command."""
    pool = Pool(dsn, policy=PoolPolicy(minimum=1, maximum=1), senses=Senses(observe=unheard))
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def revocation_stamp(settings: Settings, name: str = KEYS_STAMP) -> AsyncIterator[RevocationStamp | None]:
    """The way to tell the replicas; None where the embedded Valkey does not run, and so no replica either."""
    url = redis_address(settings) or running_valkey(settings.data_dir)
    if not url:
        yield None
        return
    redis = RedisClient(url, policy=RedisPolicy(), senses=Senses(observe=unheard))
    try:
        yield RevocationStamp(redis, name)
    finally:
        await redis.close()


def whoever_types() -> str:
    """Who does it, for whoever asks later: an account of this machine is nobody's subject."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return "cli"


def unheard(_event: Event) -> None:
    """A command says what went wrong in its own words."""

"""Tells a running service's cache of what a command has written past the service."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from middleware.errors import Problem
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from server.cached_tables import cached_resources
from server.commands.reporting import tell
from server.redis_settings import redis_address
from server.service import Service
from server.settings import Settings
from storage.cache.answer_store import SharedAnswers
from storage.cache.question import Questions
from storage.embedded import running_valkey
from storage.redis.client import RedisClient
from telemetry.events import Event


class CacheNotTold(Exception):  # noqa: N818 - it says what happened
    """Redis could not be told: a running service may show what it has kept for as long as its resources say."""


async def tell_cache(redis_url: str, tables: Iterable[str], *, secret: bytes) -> None:
    """Have all that is kept of these tables given up; raises CacheNotTold."""
    async with _answers(redis_url) as answers:
        await answers.forget(Questions(secret).whole(sorted(tables)))


async def clear_cache(service: Service, settings: Settings, *, secret: bytes) -> None:
    """Have nothing left in Redis of what the service keeps, not even to stand in for Postgres; say where it fails."""
    redis_url = redis_address(settings) or running_valkey(settings.data_dir)
    if not redis_url or not cached_resources(service):
        return
    try:
        async with _answers(redis_url) as answers:
            await answers.clear(Questions(secret).everything)
    except CacheNotTold as failed:
        tell(str(failed))


@asynccontextmanager
async def _answers(redis_url: str) -> AsyncIterator[SharedAnswers]:
    try:
        redis = RedisClient(redis_url, policy=RedisPolicy(), senses=Senses(observe=_say_nothing))
    except ValueError as error:
        raise CacheNotTold(CacheNotTold.__doc__) from error
    try:
        yield SharedAnswers(redis)
    except Problem as error:
        raise CacheNotTold(CacheNotTold.__doc__) from error
    finally:
        await redis.close()


def _say_nothing(_event: Event) -> None:
    """What went wrong is told by the command."""

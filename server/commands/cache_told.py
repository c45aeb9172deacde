"""Tells a running service's cache of what a command has written past the service."""

from collections.abc import Iterable

from middleware.errors import Problem
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from storage.cache.answer_store import SharedAnswers
from storage.cache.question import Questions
from storage.redis.client import RedisClient
from telemetry.events import Event


class CacheNotTold(Exception):  # noqa: N818 - it says what happened
    """Redis could not be told: a running service may show what it has kept for as long as its resources say."""


async def tell_cache(redis_url: str, tables: Iterable[str], *, secret: bytes) -> None:
    """Have all that is kept of these tables given up; raises CacheNotTold."""
    try:
        redis = RedisClient(redis_url, policy=RedisPolicy(), senses=Senses(observe=_say_nothing))
    except ValueError as error:
        raise CacheNotTold(CacheNotTold.__doc__) from error
    try:
        await SharedAnswers(redis).forget(Questions(secret).whole(sorted(tables)))
    except Problem as error:
        raise CacheNotTold(CacheNotTold.__doc__) from error
    finally:
        await redis.close()


def _say_nothing(_event: Event) -> None:
    """What went wrong is told by the command."""

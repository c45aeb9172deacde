"""Asks the servers of Postgres and Redis every quarter of a minute how they are, beside all that serves requests.

It has a connection of its own to each, and layers of its own: what it asks waits for no request and keeps none waiting,
and a server that is away is seen by those who needed it. What a server told is shown until it is too old to mean
anything, and when it told it for as long as the process lives.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol

from middleware.errors import Problem
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from storage.postgres.pool import Pool
from storage.postgres.server_state import postgres_state
from storage.redis.client import RedisClient
from storage.redis.server_info import redis_state
from telemetry.catalogue.server_rows import SERVER_SAMPLED
from telemetry.events import Dependency, Event
from telemetry.readings import Reading

EVERY_SECONDS = 15.0
"""Prometheus' usual scrape interval is as long; a tenth is taken off by chance, so that replicas ask in turns."""

ANSWER_SECONDS = 2.0
"""Both questions take milliseconds; a server that needs longer has other troubles than ours."""

SHOWN_SECONDS = 60.0
"""Four answers missed: what the server told last says nothing of it any more."""

_JITTER_RATIO = 0.1


class State(Protocol):
    """What a server told."""

    def readings(self) -> Iterator[Reading]:
        """One for each figure."""


Ask = Callable[[], Awaitable[State]]
"""Asks one server; raises a Problem where it does not answer."""


class ServerWatch:
    """Asks, round after round, until it is stopped; a question without an answer changes nothing but the age."""

    def __init__(
        self,
        asks: Mapping[Dependency, Ask],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._asks = asks
        self._sleep = sleep
        self._jitter = jitter
        self._now = now
        self._told: dict[Dependency, tuple[float, State]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with a round."""
        self._task = asyncio.get_running_loop().create_task(self._rounds())

    async def stop(self) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def look(self) -> Iterator[Reading]:
        """What each server told, unless that was too long ago, and when it was."""
        for dependency, (at_seconds, state) in self._told.items():
            yield Reading(metric=SERVER_SAMPLED, value=at_seconds, labels=(dependency,))
            if self._now() - at_seconds <= SHOWN_SECONDS:
                yield from state.readings()

    async def _rounds(self) -> None:
        while True:
            await asyncio.gather(*(self._ask(dependency) for dependency in self._asks))
            await self._sleep(EVERY_SECONDS * (1 - _JITTER_RATIO * self._jitter()))

    async def _ask(self, dependency: Dependency) -> None:
        with suppress(Problem, TimeoutError):  # the age tells, and so do the calls of those who needed the server
            async with asyncio.timeout(ANSWER_SECONDS):
                state = await self._asks[dependency]()
            self._told[dependency] = (self._now(), state)


class WatchedServers:
    """The connections of the watch, one to each server, opened when first needed."""

    def __init__(self, *, postgres_dsn: str, redis_url: str) -> None:
        policy = PoolPolicy(minimum=0, maximum=1, attempts=1, query_timeout_seconds=ANSWER_SECONDS)
        self._pool = Pool(postgres_dsn, policy=policy, senses=Senses(observe=_unheard))
        redis_policy = RedisPolicy(
            maximum_connections=1,
            connect_timeout_seconds=ANSWER_SECONDS,
            socket_timeout_seconds=ANSWER_SECONDS,
            attempt_timeout_seconds=ANSWER_SECONDS,
        )
        self._redis = RedisClient(redis_url, policy=redis_policy, senses=Senses(observe=_unheard))

    @property
    def asks(self) -> Mapping[Dependency, Ask]:
        """How to ask each."""
        return {"postgres": lambda: postgres_state(self._pool), "redis": lambda: redis_state(self._redis)}

    async def open(self) -> None:
        """Begin to look after the connections; there are none yet."""
        await self._pool.open()

    async def close(self) -> None:
        """Close them."""
        await self._pool.close()
        await self._redis.close()


def _unheard(_event: Event) -> None:
    """Nobody hears of it: what all readers know are the calls of requests."""

"""The way to Redis: redis-py, made to answer or fail quickly and to leave repeating to others."""

from functools import partial

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from middleware.errors import Bug, Elapsed, Overloaded, Problem, Unavailable
from middleware.outbound import outbound
from middleware.outbound.clock import CLOCK, Clock
from middleware.outbound.layer import Senses
from middleware.outbound.policy import Policy, RedisPolicy
from telemetry.events import Observe

CLIENT_NAME = "mainstay"
RESP2 = 2
"""With RESP3 and no retries, every connection the server has closed while idle would cost an error."""

Argument = bytes | str | int | float


class RedisClient:
    """Runs commands on a pool of connections; connects when first used.

    redis-py by default repeats whatever fails ten times, a timed-out INCR too: here nothing is repeated.
    """

    def __init__(self, url: str, *, policy: RedisPolicy, observe: Observe, clock: Clock = CLOCK) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            protocol=RESP2,
            socket_timeout=policy.socket_timeout_seconds,
            socket_connect_timeout=policy.connect_timeout_seconds,
            max_connections=policy.maximum_connections,
            retry=Retry(NoBackoff(), 0),
            client_name=CLIENT_NAME,
        )
        self._call = outbound(
            Policy(dependency="redis", attempt_timeout_seconds=policy.attempt_timeout_seconds),
            senses=Senses(observe=observe, clock=clock),
        )

    async def run(self, command: str, *arguments: Argument) -> object:
        """Send one command and return its reply as RESP2 has it: bytes, int, list or None.

        Raises Elapsed, Unavailable (read-only and loading servers too), Overloaded for a server out of memory, and
        Bug for a command the server does not take. The operation observed is the command's name.
        """
        return await self._call(command, partial(self._attempt, command, arguments))

    async def ping(self) -> None:
        """Return when the server answers; raise as `run` does."""
        await self.run("PING")

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()

    async def _attempt(self, command: str, arguments: tuple[Argument, ...]) -> object:
        try:
            return await self._redis.execute_command(command, *arguments)  # type: ignore[no-untyped-call]  # redis-py's
        except exceptions.RedisError as error:
            raise translated(error) from error


def translated(error: exceptions.RedisError) -> Problem:
    """Say redis-py's error in our words."""
    match error:
        case exceptions.TimeoutError():
            return Elapsed()
        case exceptions.MaxConnectionsError() | exceptions.OutOfMemoryError():
            return Overloaded()
        case exceptions.ConnectionError() | exceptions.ReadOnlyError():
            return Unavailable()
        case _:
            return Bug()

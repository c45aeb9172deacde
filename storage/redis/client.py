"""The way to Redis: coalesced commands, made to answer or fail quickly and to leave repeating to others."""

from collections.abc import Sequence
from functools import partial
from typing import cast

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

from middleware.errors import Bug
from middleware.outbound import outbound
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from storage.redis.coalescing import Coalescer
from storage.redis.error_replies import translated
from storage.redis.lane import Lane
from storage.redis.script import Script

CLIENT_NAME = "mainstay"
RESP2 = 2
"""With RESP3 and no retries, every connection the server has closed while idle would cost an error."""

Argument = bytes | str | int | float


class RedisClient:
    """Runs commands over a few connections; connects when first used.

    Commands issued in the same turn of the event loop share a pipeline (see Coalescer), so a command may neither block
    nor change its connection: no BLPOP, SUBSCRIBE, WATCH, MULTI or SELECT. Nothing is repeated; redis-py by default
    repeats whatever fails ten times, a timed-out INCR too.
    """

    def __init__(self, url: str, *, policy: RedisPolicy, senses: Senses) -> None:
        """Raise ValueError where `url` is no Redis URL."""
        source: ConnectionPool = ConnectionPool.from_url(
            url,
            protocol=RESP2,
            socket_timeout=None,  # a lane gives the whole pipeline one timeout instead of each read its own
            socket_connect_timeout=policy.connect_timeout_seconds,
            retry=Retry(NoBackoff(), 0),
            client_name=CLIENT_NAME,
        )
        self._coalescer = Coalescer(
            [_lane(source, policy) for _ in range(policy.maximum_connections)],
            maximum_waiting=policy.maximum_waiting,
            maximum_length=policy.maximum_pipeline,
        )
        self._call = outbound(policy.commands(), senses=senses)

    async def run(self, command: str, *arguments: Argument) -> object:
        """Send one command and return its reply as RESP2 has it: bytes, int, list or None.

        Raises Elapsed, Unavailable (read-only and loading servers too), Overloaded for a server out of memory or a
        queue that is full, and Bug for a command the server does not take. The operation observed is the command's
        name.
        """
        return await self._call(command, partial(self._attempt, _packed(*command.split(), *arguments)))

    async def script(
        self, script: Script, keys: Sequence[str | bytes], *, arguments: Sequence[Argument] = ()
    ) -> object:
        """Run a script by its digest, or by its text where the server does not know it; raise as `run` does."""
        return await self._call(script.name, partial(self._script_attempt, script, (len(keys), *keys, *arguments)))

    async def ping(self) -> None:
        """Return when the server answers; raise as `run` does."""
        await self.run("PING")

    async def close(self) -> None:
        """Close every connection."""
        await self._coalescer.close()

    async def _attempt(self, packed: bytes) -> object:
        return _answer(await self._coalescer.send(packed))

    async def _script_attempt(self, script: Script, rest: tuple[Argument, ...]) -> object:
        reply = await self._coalescer.send(_packed("EVALSHA", script.digest, *rest))
        if isinstance(reply, NoScriptError):  # it has not run: a server that restarted has forgotten its scripts
            reply = await self._coalescer.send(_packed("EVAL", script.text, *rest))
        return _answer(reply)


def _lane(source: ConnectionPool, policy: RedisPolicy) -> Lane:
    connection = source.make_connection()  # type: ignore[no-untyped-call]  # redis-py's
    return Lane(connection, policy=policy)


def _packed(*words: Argument) -> bytes:
    """Pack here and not in the pipeline, where a word that cannot be packed would fail everybody's commands."""
    try:
        return cast("bytes", pack_command(words))  # type: ignore[arg-type]  # its stub means a tuple of any length
    except (TypeError, UnicodeEncodeError) as error:
        raise Bug from error


def _answer(reply: object) -> object:
    if isinstance(reply, Exception):
        raise translated(reply) from reply
    return reply

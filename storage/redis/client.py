"""The way to Redis: coalesced commands, made to answer or fail quickly and to leave repeating to others."""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

from hiredis import pack_command
from redis.exceptions import NoScriptError

from middleware.errors import Bug
from middleware.outbound import outbound
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from middleware.sweeper import CallLater
from storage.redis.coalescing import Coalescer
from storage.redis.error_replies import translated
from storage.redis.key_slots import Key, key_of
from storage.redis.lane import Lane
from storage.redis.opening import Opener, OpenerOfPrimary, OpenerOfServer, answered
from storage.redis.redis_cluster import Cluster, Way
from storage.redis.redis_url import Address, Node, address_of
from storage.redis.script import Script
from storage.scout import Gate, Scout

Argument = bytes | str | int | float


class Sender(Protocol):
    """Takes packed commands to the server that has their key."""

    async def send(self, packed: bytes, key: Key | None = None, /) -> object:
        """Return the reply, an error of redis-py's as a value too; raise Overloaded or Unavailable if it never left."""

    async def close(self) -> None:
        """Close every connection."""


class RedisClient:
    """Runs commands over a few connections; connects when first used.

    Commands issued in the same turn of the event loop share a pipeline (see Coalescer), so a command may neither block
    nor change its connection: no BLPOP, SUBSCRIBE, WATCH, MULTI or SELECT. In a cluster all keys of one command lie in
    one slot. Nothing is repeated.
    """

    def __init__(self, url: str, *, policy: RedisPolicy, senses: Senses) -> None:
        """Raise Malformed, a ValueError, where `url` is no address of Redis."""
        address = address_of(url)
        self._sender = _sender(address, policy, after=senses.sweeper.after)
        self._call = outbound(policy.commands(), senses=senses)
        self._seeking = partial(_seeking, address, policy, senses=senses)
        self._scout: Scout[None] | None = None

    def seek(self, *gates: Gate) -> None:
        """Look for the server while one of these or the breaker keeps callers away; when it is back they try at once.

        No caller waits for that: a server that hangs would cost whoever tries it 0.2 s.
        """
        self._scout = self._seeking(gates=gates)
        if self._scout is not None:
            self._scout.start()

    async def run(self, command: str, *arguments: Argument) -> object:
        """Send one command and return its reply as RESP2 has it: bytes, int, list or None.

        Raises Elapsed, Unavailable (read-only and loading servers too), Overloaded for a server out of memory or a
        queue that is full, and Bug for a command the server does not take. The operation observed is the command's
        name.
        """
        return await self._call(
            command, partial(self._attempt, _packed(*command.split(), *arguments), key_of(command, arguments))
        )

    def script(
        self, script: Script, keys: Sequence[str | bytes], *, arguments: Sequence[Argument] = ()
    ) -> Coroutine[Any, Any, object]:
        """Run a script by its digest, or by its text where the server does not know it; raise as `run` does."""
        return self._call(script.name, partial(self._script_attempt, script, (len(keys), *keys, *arguments)))

    async def ping(self) -> None:
        """Return when the server answers; raise as `run` does."""
        await self.run("PING")

    async def close(self) -> None:
        """Look for it no more, and close every connection."""
        if self._scout is not None:
            await self._scout.stop()
        await self._sender.close()

    async def _attempt(self, packed: bytes, key: Key | None) -> object:
        return _answer(await self._sender.send(packed, key))

    async def _script_attempt(self, script: Script, rest: tuple[Argument, ...]) -> object:
        key = key_of(script.name, rest[1:])
        reply = await self._sender.send(_packed("EVALSHA", script.digest, *rest), key)
        if isinstance(reply, NoScriptError):  # it has not run: a server that restarted has forgotten its scripts
            reply = await self._sender.send(_packed("EVAL", script.text, *rest), key)
        return _answer(reply)


def _sender(address: Address, policy: RedisPolicy, *, after: CallLater) -> Sender:
    seconds = policy.connect_timeout_seconds
    if address.kind == "cluster":
        way_to = partial(_way, address, policy=policy, after=after)
        return Cluster(address, way_to=way_to, timeout_seconds=seconds)
    if address.kind == "sentinel":
        return _coalescer(OpenerOfPrimary(address, timeout_seconds=seconds), policy, after=after)
    return _coalescer(OpenerOfServer(address, timeout_seconds=seconds), policy, after=after)


def _seeking(address: Address, policy: RedisPolicy, *, gates: Sequence[Gate], senses: Senses) -> Scout[None] | None:
    """None for a cluster, each of whose nodes is found by itself."""
    if address.kind == "cluster":
        return None
    seconds = policy.connect_timeout_seconds
    primary = OpenerOfPrimary(address, timeout_seconds=seconds)
    opener = primary if address.kind == "sentinel" else OpenerOfServer(address, timeout_seconds=seconds)
    return Scout(
        partial(answered, opener, within_seconds=seconds),
        gates=[senses.breakers.of(policy.commands()), *gates],
        welcome=_nothing,
        clock=senses.clock,
        interval_seconds=policy.scout_interval_seconds,
    )


def _nothing(_answer: None) -> None:
    return None


def _way(address: Address, node: Node, *, policy: RedisPolicy, after: CallLater) -> Way:
    opener = OpenerOfServer(address, node, timeout_seconds=policy.connect_timeout_seconds)
    asking = Lane(opener, policy=policy, after=after)
    return Way(usual=_coalescer(opener, policy, after=after), asking=asking, turn=asyncio.Lock())


def _coalescer(opener: Opener, policy: RedisPolicy, *, after: CallLater) -> Coalescer:
    return Coalescer(
        [Lane(opener, policy=policy, after=after) for _ in range(policy.maximum_connections)],
        maximum_waiting=policy.maximum_waiting,
        maximum_length=policy.maximum_pipeline,
    )


def _packed(*words: Argument) -> bytes:
    """Pack here and not in the pipeline, where a word that cannot be packed would fail everybody's commands."""
    try:
        packed: bytes = pack_command(words)  # type: ignore[arg-type]  # its stub means a tuple of any length
    except (TypeError, UnicodeEncodeError) as error:
        raise Bug from error
    return packed


def _answer(reply: object) -> object:
    if isinstance(reply, Exception):
        raise translated(reply) from reply
    return reply

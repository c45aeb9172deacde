"""The way to a Redis Cluster: each command over the lanes of the node that has its key."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from hiredis import pack_command
from redis.exceptions import AskError, ClusterDownError, MovedError, RedisError
from redis.exceptions import ConnectionError as NoConnection

from storage.redis.coalescing import Carrier, Coalescer
from storage.redis.key_slots import Key, slot_of
from storage.redis.opening import asked_of, opened
from storage.redis.redis_url import Address, Node

_ASKING = pack_command(("ASKING",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which node has which slots: `owners[i]` those from `firsts[i]` to before `firsts[i + 1]`; None where nobody."""

    firsts: Sequence[int]
    owners: Sequence[Node | None]

    def owner(self, slot: int) -> Node | None:
        """Who has the slot."""
        place = bisect_right(self.firsts, slot) - 1
        return self.owners[place] if place >= 0 else None


def layout_of(reply: object, asked: Node) -> Layout:
    """The layout in a reply to CLUSTER SLOTS; raises a redis-py error where there is none in it."""
    if not isinstance(reply, list) or not reply:
        raise ClusterDownError("nobody has any slots")
    starts: dict[int, Node | None] = {}
    for first, last, (host, port, *_), *_ in sorted(reply, key=itemgetter(0)):
        # A node that does not know its own name leaves it out: it is the one that was asked.
        starts[first] = Node(host.decode() if host else asked.host, port)
        starts[last + 1] = None
    return Layout(firsts=tuple(starts), owners=tuple(starts.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """To one node: for its own slots, and a lane for those it is only about to get."""

    usual: Coalescer
    asking: Carrier
    turn: asyncio.Lock


class Cluster:
    """Sends packed commands to whom their keys belong, and learns it anew when told of a move or not answered.

    A command that was moved is sent once more, to whom it was sent on: it has not run. All else is the caller's to
    repeat or to do without. The layout is asked of one node after the other, by one caller for all.
    """

    def __init__(self, address: Address, *, way_to: Callable[[Node], Way], timeout_seconds: float) -> None:
        self._address = address
        self._way_to = way_to
        self._timeout_seconds = timeout_seconds
        self._ways: dict[Node, Way] = {}
        self._layout: Layout | None = None
        self._known: Sequence[Node] = ()  # who told the last layout, and whom it named
        self._learning: asyncio.Task[Layout] | None = None

    async def send(self, packed: bytes, key: Key | None = None, /) -> object:
        """Return the reply, an error of redis-py's as a value too; raises Overloaded and Unavailable as a Coalescer."""
        try:
            layout = self._layout or await self._learnt()
        except (OSError, RedisError) as error:
            return error
        owner = self._any(layout) if key is None else layout.owner(slot_of(key))
        if owner is None:
            self._forget()
            return ClusterDownError("nobody has this slot")
        reply = await self._way(owner).usual.send(packed)
        match reply:
            case MovedError():
                self._forget()
                return await self._way(_sent_on(reply, owner)).usual.send(packed)
            case AskError():
                return await self._asked(_sent_on(reply, owner), packed)
            case OSError() | NoConnection() | ClusterDownError() | TimeoutError():
                self._forget()
        return reply

    async def close(self) -> None:
        """Let go of every connection."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)
        for way in self._ways.values():
            await way.usual.close()
            await way.asking.disconnect()

    async def _asked(self, node: Node, packed: bytes) -> object:
        """The reply of the node that a slot is on its way to, which takes only what is announced on its connection."""
        way = self._way(node)
        loop = asyncio.get_running_loop()
        announced, waiter = loop.create_future(), loop.create_future()
        async with way.turn:
            try:
                await way.asking.carry({announced: _ASKING, waiter: packed})
            except (OSError, RedisError) as error:
                return error
        return await waiter

    def _way(self, node: Node) -> Way:
        if node not in self._ways:
            self._ways[node] = self._way_to(node)
        return self._ways[node]

    def _any(self, layout: Layout) -> Node | None:
        return next((owner for owner in layout.owners if owner is not None), None)

    def _forget(self) -> None:
        """Have the layout asked for again before the next command; who is under way has been sent."""
        self._layout = None

    async def _learnt(self) -> Layout:
        if self._learning is None:
            self._learning = asyncio.create_task(self._learn())
            self._learning.add_done_callback(self._end_learning)
        return await asyncio.shield(self._learning)

    def _end_learning(self, task: asyncio.Task[Layout]) -> None:
        self._learning = None
        if not task.cancelled() and task.exception() is None:
            self._layout = task.result()

    async def _learn(self) -> Layout:
        """Ask who answered last, whom it knew, whom the address names; the first who answers tells.

        Not those there were before: where nodes come and go, most of these would be waited for in vain.
        """
        failure: Exception = NoConnection("no node of the cluster answers")
        for node in dict.fromkeys([*self._known, *self._address.nodes]):
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    connection = await opened(self._address.connection(node, timeout_seconds=self._timeout_seconds))
                    try:
                        layout = layout_of(await asked_of(connection, "CLUSTER", "SLOTS"), node)
                        self._known = (node, *(owner for owner in layout.owners if owner is not None))
                        return layout
                    finally:
                        await connection.disconnect(nowait=True)
            except (OSError, RedisError) as error:
                failure = error
        raise failure


def _sent_on(reply: AskError, owner: Node) -> Node:
    """To whom the reply sends; a node that does not know its own name leaves the host out."""
    return Node(reply.host or owner.host, reply.port)

"""A service whose resources are cached, several replicas of it, and a store of answers that fails when told to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, cast

from aiohttp import web
from redis import asyncio as aioredis

from middleware.errors import Unavailable
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from server import ANYONE, Indexed, Key, Model, Reference, Resource, Route, Service, store
from server.declaration import Declaration, checked
from storage.cache.answer_store import AnswerStore, Found, Present, Room, SharedAnswers
from storage.cache.near_answers import NearAnswers, WordyStore
from storage.cache.question import Question
from storage.redis.client import RedisClient
from tests.integration.rest_client import Client, served_service
from tests.recorder import Recorder

FRESH_SECONDS = 30
PATIENT = RedisPolicy(
    socket_timeout_seconds=10.0, connect_timeout_seconds=10.0, attempt_timeout_seconds=20.0, slow_call_seconds=10.0
)
"""A busy machine is no Redis that hangs."""
USUAL = "public, max-age=30, stale-while-revalidate=3, stale-if-error=86400"
FOR_WANT_OF_BETTER = "public, max-age=0, stale-if-error=86400"


class Maker(Model):
    """Shown with its things, and not cached itself."""

    code: Annotated[str, Key()]
    name: str = ""


class Thing(Model):
    thing_id: Annotated[int, Key()] = 0
    name: Annotated[str, Indexed()]
    maker_code: Annotated[str | None, Reference(Maker, expand_as="maker")] = None


async def rename(request: web.Request) -> Thing:
    """One write through the store."""
    found = await store(request).read(Thing, int(request.match_info["thing_id"]))
    return await store(request).update(found, name="renamed")


async def rename_all(request: web.Request) -> list[Thing]:
    """Several writes in one transaction; it fails after them where the query says so."""
    async with store(request).transaction() as records:
        changed = [await records.update(thing, name="renamed") for thing in await records.list(Thing)]
        if request.match_info["how"] == "in-vain":
            raise web.HTTPConflict(text="No.")
    return changed


async def discard(request: web.Request) -> None:
    """A delete in a transaction."""
    async with store(request).transaction() as records:
        await records.delete(await records.read(Thing, int(request.match_info["thing_id"])))


DECLARATION: Declaration = checked(
    Service(
        name="cached",
        resources=[
            Resource(Thing, path="/things", access=ANYONE, cache_seconds=FRESH_SECONDS),
            Resource(Maker, path="/makers", access=ANYONE),
        ],
        routes=[
            Route("POST", "/things/{thing_id}/rename", rename, returns=Thing, access=ANYONE),
            Route("POST", "/rename-all/{how}", rename_all, returns=list[Thing], access=ANYONE),
            Route("POST", "/things/{thing_id}/discard", discard, access=ANYONE),
        ],
    )
)


@dataclass
class FragileAnswers:
    """A store that is away, or holds up what it is asked to keep, when the test says so."""

    inner: WordyStore
    is_away: bool = False
    may_keep: asyncio.Event = field(default_factory=asyncio.Event)
    holds: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once somebody waits to keep something."""
    looked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    """One more for each look that was answered."""

    def __post_init__(self) -> None:
        self.may_keep.set()

    async def look(self, question: Question) -> Found:
        self._fail()
        found = await self.inner.look(question)
        self.looked.release()
        return found

    async def present(self, names: Sequence[str]) -> Present:
        self._fail()
        return await self.inner.present(names)

    async def keep(self, question: Question, entry: bytes, *, generations: bytes, room: Room) -> bool:
        self.holds.set()
        await self.may_keep.wait()
        self._fail()
        return await self.inner.keep(question, entry, generations=generations, room=room)

    async def forget(self, gone: Sequence[str], changed: Sequence[str] = ()) -> None:
        self._fail()
        await self.inner.forget(gone, changed)

    async def lease(self, name: str) -> bool:
        self._fail()
        return await self.inner.lease(name)

    def _fail(self) -> None:
        if self.is_away:
            raise Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Two replicas over one Postgres and one Valkey."""

    one: Client
    other: Client
    answers: FragileAnswers
    """Those of `one`."""
    redis: "aioredis.Redis"

    async def change(self, change: Callable[[bytes], bytes]) -> None:
        """Change all that is kept."""
        async for key in self.redis.scan_iter("mainstay:cache:*", _type="hash"):
            for name, entry in cast("dict[bytes, bytes]", await self.redis.hgetall(key)).items():
                if name != b"generation":
                    await self.redis.hset(key, name, change(entry))

    async def age(self, seconds: float) -> None:
        """Let all that is kept be so much older."""
        await self.change(lambda entry: older(entry, seconds))


def older(entry: bytes, seconds: float) -> bytes:
    """The same answer, asked for so much earlier."""
    generations, head, body = entry.split(b"\n", 2)
    form, asked_at, renewed_at, *cells = head.split(b" ")
    moved = [b"%d" % (int(instant) - int(seconds * 1_000_000)) for instant in (asked_at, renewed_at)]
    return b"\n".join((generations, b" ".join((form, *moved, *cells)), body))


@asynccontextmanager
async def replicas(
    dsn: str, redis_url: str, *, declaration: Declaration = DECLARATION, dsn_of_one: str = "", is_near: bool = False
) -> AsyncIterator[Replicas]:
    """Serve both until left; `dsn_of_one` is another way to the same database.

    Only where nothing is near the replicas do they see at once what a test changes in Redis by hand.
    """
    async with AsyncExitStack() as held:
        redis = await held.enter_async_context(aioredis.from_url(redis_url))
        clients = [RedisClient(redis_url, policy=PATIENT, senses=Senses(observe=Recorder())) for _ in range(2)]
        for client in clients:
            held.push_async_callback(client.close)
        answers = FragileAnswers(SharedAnswers(clients[0]))
        shared = SharedAnswers(clients[1])
        senses = Senses(observe=Recorder())
        caches: list[AnswerStore] = [answers, shared]
        if is_near:
            caches = [NearAnswers(answers, senses=senses), NearAnswers(shared, senses=senses)]
        one = await held.enter_async_context(served_service(declaration, dsn_of_one or dsn, cache=caches[0]))
        other = await held.enter_async_context(served_service(declaration, dsn, makes_tables=False, cache=caches[1]))
        yield Replicas(one=one, other=other, answers=answers, redis=redis)

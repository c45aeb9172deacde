"""Callers of the bank who keep writing through everything that goes wrong, and what they were answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

TELLERS = 6
REPLAYED = "Idempotent-Replayed"
_KEPT = ("Content-Type", "ETag", "Location", "Cache-Control")
_DONE = (200, 201)
_SENT_AGAIN = (409, 503, 504)
"""The same request is under way, or something is down for a moment."""
_PAUSE_SECONDS = 0.02
"""Between a refusal and the next try: callers who are told to wait leave the service room to come back."""
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A request that writes; without a key it is sent once."""

    method: str
    path: str
    body: dict[str, Any]
    key: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What it is sent with."""
        kind = "application/merge-patch+json" if self.method == "PATCH" else "application/json"
        return {"Content-Type": kind} | ({"Idempotency-Key": self.key} if self.key else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with all that its repeats must have too; that one is a repeat does not make it another."""

    status: int
    headers: tuple[str | None, ...]
    body: bytes
    is_replayed: bool = field(compare=False, default=False)

    @property
    def record(self) -> dict[str, Any]:
        """The record in it."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


@dataclass(slots=True)
class History:
    """Every write and its answer, in the order they were answered, and the writes without a key that never were."""

    answered: list[tuple[Write, Answer]] = field(default_factory=list)
    unanswered: list[Write] = field(default_factory=list)
    sent_again: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, write: Write, answer: Answer) -> None:
        """Write down an answer."""
        self.answered.append((write, answer))
        self._changed.set()

    async def grown_by(self, answers: int) -> None:
        """Wait until there are so many more."""
        goal = len(self.answered) + answers
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(self.answered) < goal:
                self._changed.clear()
                await self._changed.wait()


async def sent(session: aiohttp.ClientSession, write: Write, **headers: str) -> Answer:
    """Send a write once."""
    body = orjson.dumps(write.body)
    async with session.request(write.method, write.path, data=body, headers=write.headers | headers) as response:
        return Answer(
            status=response.status,
            headers=tuple(response.headers.get(name) for name in _KEPT),
            body=await response.read(),
            is_replayed=response.headers.get(REPLAYED) == "true",
        )


class Teller:
    """Writes to an account of its own, one write after the other; with a key, each until it has been answered."""

    def __init__(self, base_url: str, *, history: History, is_open: asyncio.Event) -> None:
        self._base_url = base_url
        self._history = history
        self._is_open = is_open
        self.name = f"teller {uuid4().hex[:8]}"
        self.ends = False
        """Set it, and the write under way is the last."""

    async def work(self) -> None:
        """Open the account and write, until told to end; what a service may not answer is an AssertionError."""
        async with aiohttp.ClientSession(self._base_url) as session:
            opened = await self._until_done(
                session, Write(method="POST", path="/accounts", body={"name": self.name}, key=self.name.split()[1])
            )
            for number in count():
                for write in self._round(f"{self.name}, {number}", account=opened.record["id"]):
                    if self.ends:
                        return
                    await (self._until_done(session, write) if write.key else self._once(session, write))

    def _round(self, word: str, *, account: str) -> Iterator[Write]:
        path = f"/accounts/{account}"
        entry = {"reference": f"{word}: entry", "amount": 1}
        yield Write(method="POST", path="/entries", body=entry, key=uuid4().hex)
        yield Write(method="PATCH", path=path, body={"remark": word}, key=uuid4().hex)
        yield Write(method="PATCH", path=path, body={"contact": {"street": word}}, key=uuid4().hex)
        deposit = {"reference": f"{word}: deposit", "amount": 10}
        yield Write(method="POST", path=f"{path}/deposits", body=deposit, key=uuid4().hex)
        yield Write(method="POST", path="/entries", body={"reference": f"{word}: no key", "amount": 1})

    async def _until_done(self, session: aiohttp.ClientSession, write: Write) -> Answer:
        while True:
            await self._is_open.wait()
            with suppress(aiohttp.ClientError):
                answer = await sent(session, write)
                if answer.status in _DONE:
                    self._history.add(write, answer)
                    return answer
                assert answer.status in _SENT_AGAIN, (write, answer)
            self._history.sent_again += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _once(self, session: aiohttp.ClientSession, write: Write) -> None:
        await self._is_open.wait()
        with suppress(aiohttp.ClientError):
            answer = await sent(session, write)
            if answer.status in _DONE:
                self._history.add(write, answer)
                return
            assert answer.status in _SENT_AGAIN, (write, answer)
        self._history.unanswered.append(write)


@asynccontextmanager
async def tellers(
    base_url: str, history: History, *, is_open: asyncio.Event
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Let tellers work until they are told to end."""
    staff = [Teller(base_url, history=history, is_open=is_open) for _ in range(TELLERS)]
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(one.work()) for one in staff]

        async def end() -> None:
            for one in staff:
                one.ends = True
            await asyncio.wait(working)

        yield end


async def answers_changed(base_url: str, history: History) -> list[str]:
    """Repeat every write that has a key: which are not answered as they were the first time."""
    found = []
    async with aiohttp.ClientSession(base_url) as session:
        for write, answer in history.answered:
            if write.key:
                again = await sent(session, write)
                if again != answer or not again.is_replayed:
                    found.append(f"{write}: answered {answer}, then {again}")
    return found

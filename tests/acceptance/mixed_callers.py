"""Callers of a shop who come at their own pace, through a balancer: they read, and write with a key."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal
from uuid import uuid4

import aiohttp

from tests.acceptance.open_loop import NO_ANSWER
from tests.integration.processes import until

Kind = Literal["read", "keyed write", "bare write"]

_GIVE_UP_SECONDS = 25.0
_NOTICED_SECONDS = 0.5
"""What is sent to a replica before the balancer has heard of its end is under way there too; that takes a millisecond,
and as long as this on a machine with no time for it."""

_ADDRESSES = 250
"""So many that none of them meets its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How many a second there are, and which part of them writes, with a key and without."""

    per_second: int = 100
    keyed_writes: float = 0.25
    bare_writes: float = 0.0

    def kind(self, chance: float) -> Kind:
        """What the next one does."""
        if chance < self.keyed_writes:
            return "keyed write"
        return "bare write" if chance < self.keyed_writes + self.bare_writes else "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one of them saw."""

    kind: Kind
    began_seconds: float
    """When they asked, on the monotonic clock."""

    took_seconds: float
    status: int
    problem: str = ""
    """What was wrong, in a word."""

    @property
    def is_answered(self) -> bool:
        """Whether they got what they came for."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def is_lost_with(self, ended_seconds: float) -> bool:
        """Whether it is one that has to be lost with a replica that ended then: under way, and not to be repeated."""
        was_under_way = self.began_seconds - _NOTICED_SECONDS <= ended_seconds <= self.began_seconds + self.took_seconds
        return self.kind == "bare write" and was_under_way


@dataclass(slots=True, kw_only=True)
class MixedCallers:
    """They keep their connections, and repeat nothing themselves."""

    base_url: str
    mix: Mix = field(default_factory=Mix)
    chance: random.Random = field(default_factory=lambda: random.Random(6))  # noqa: S311 - nothing secret
    asked: int = 0
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def have_asked(self, times: int) -> None:
        """Wait until they have asked so often."""
        await until(lambda: self.asked >= times)

    async def __call__(self) -> Sequence[Call]:
        """Ask until it is over; all that was seen."""
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=_GIVE_UP_SECONDS)
        # aiohttp repeats a GET whose connection broke off: this is to see what the balancer does.
        async with aiohttp.ClientSession(self.base_url, connector=connector, timeout=timeout) as session:
            session._retry_connection = False  # the library has no other way to say so
            products = await _products(session)
            start, tasks = time.monotonic(), []
            while not self.is_over.is_set():
                while (early := start + self.asked / self.mix.per_second - time.monotonic()) > 0:  # noqa: ASYNC110 - time is the condition
                    await asyncio.sleep(early)
                kind = self.mix.kind(self.chance.random())
                tasks.append(asyncio.create_task(self._call(session, kind, product=self.chance.choice(products))))
                self.asked += 1
            return await asyncio.gather(*tasks)

    async def _call(self, session: aiohttp.ClientSession, kind: Kind, *, product: str) -> Call:
        headers = {"X-Forwarded-For": f"203.0.113.{self.asked % _ADDRESSES}"}
        began = time.monotonic()
        if kind == "read":
            asking = session.get(f"/products/{product}", headers=headers)
        else:
            if kind == "keyed write":
                headers["Idempotency-Key"] = str(uuid4())
            review = {"product_id": product, "rating": 5, "author": "Ann"}
            asking = session.post("/reviews", json=review, headers=headers)
        status, problem = NO_ANSWER, ""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with asking as answer:
                status, body = answer.status, await answer.text()
                problem = _problem(body) if status >= HTTPStatus.BAD_REQUEST else ""
        took_seconds = time.monotonic() - began
        return Call(kind=kind, began_seconds=began, took_seconds=took_seconds, status=status, problem=problem)


def failures(calls: Sequence[Call]) -> Counter[tuple[Kind, int, str]]:
    """How many of each kind did not get what they came for, by what they were told."""
    return Counter((call.kind, call.status, call.problem) for call in calls if not call.is_answered)


def _problem(body: str) -> str:
    """The last word of a problem's type; what is no problem, whole."""
    with suppress(json.JSONDecodeError):
        return str(json.loads(body)["type"]).rpartition(":")[2]
    return body


async def _products(session: aiohttp.ClientSession) -> Sequence[str]:
    async with session.get("/products?limit=50&fields=id") as answer:
        return [product["id"] for product in (await answer.json())["items"]]

"""Asks at a pace over connections that stand already, each in its turn."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from benchmarks.growth.asking import Asked
from benchmarks.load import LoadFailed
from benchmarks.own_load import is_whole

_GOOD = b"HTTP/1.1 200 "
_TURN_SECONDS = 0.002
_MOST_AT_ONCE = 8
"""Who was kept from asking in time does not catch up with a burst, which would be refused."""
_LAST_SECONDS = 0.5
"""How long the last answers are waited for."""
_AT_ONCE = 100
"""How many are opened before the others are: fewer than the kernel lets wait."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has come back."""

    asked: int = 0
    good: int = 0
    bad: list[bytes] = field(default_factory=list)


class Held(asyncio.Protocol):
    """One connection, kept open; it asks one thing at a time."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self.is_asking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def ask(self, request: bytes) -> None:
        """Send it."""
        assert self._transport is not None
        self.is_asking = True
        self._tally.asked += 1
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if is_whole(self._received):
            self.is_asking = False
            if self._received.startswith(_GOOD):
                self._tally.good += 1
            else:
                self._tally.bad.append(self._received[: len(_GOOD)])
            self._received = b""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio dictates it
        if self.is_asking:
            self._tally.bad.append(b"lost")

    def close(self) -> None:
        """Leave; an answer that has not come yet was not given."""
        assert self._transport is not None
        self._transport.close()


async def rotate(asked: Asked, *, opened: Callable[[], None]) -> int:
    """How many requests were answered after `opened` was called; raises LoadFailed where one was not, or not well."""
    where, loop, tally = urlsplit(asked.url), asyncio.get_running_loop(), Tally()
    held: list[Held] = []
    while len(held) < asked.point.connections:
        number = min(_AT_ONCE, asked.point.connections - len(held))
        connecting = (
            loop.create_connection(lambda: Held(tally), where.hostname or "", where.port or 0) for _ in range(number)
        )
        held += [one for _, one in await asyncio.gather(*connecting)]
    try:
        await _greet(asked, held)
        tally.asked, tally.good, tally.bad = 0, 0, []
        opened()
        await _paced(asked, held, tally=tally)
    finally:
        for one in held:
            one.close()
    if tally.bad or not tally.good:
        raise LoadFailed(f"{asked.path}: {tally.bad[:1]} and {len(tally.bad)} such of {tally.asked}")
    return tally.good


async def _greet(asked: Asked, held: Sequence[Held]) -> None:
    """Ask once over each, so that the server has taken all of them before anything is counted."""
    requests, loop = asked.requests(), asyncio.get_running_loop()
    for first in range(0, len(held), _MOST_AT_ONCE):
        some = held[first : first + _MOST_AT_ONCE]
        for one in some:
            one.ask(next(requests))
        latest = loop.time() + _LAST_SECONDS
        while any(one.is_asking for one in some) and loop.time() < latest:  # noqa: ASYNC110 - any of them may be last
            await asyncio.sleep(_TURN_SECONDS)


async def _paced(asked: Asked, held: Sequence[Held], *, tally: Tally) -> None:
    """Whose turn has come while it is still asking leaves it to the next."""
    requests = asked.requests()
    loop = asyncio.get_running_loop()
    started, turn = loop.time(), 0
    while (elapsed_seconds := loop.time() - started) < asked.seconds:
        due = int(elapsed_seconds * asked.point.rate) - tally.asked
        for _ in range(min(due, len(held), _MOST_AT_ONCE)):
            one, turn = held[turn % len(held)], turn + 1
            if not one.is_asking:
                one.ask(next(requests))
        await asyncio.sleep(_TURN_SECONDS)
    latest = loop.time() + _LAST_SECONDS
    while any(one.is_asking for one in held) and loop.time() < latest:  # noqa: ASYNC110 - any of thousands may be last
        await asyncio.sleep(_TURN_SECONDS)

"""A load generator for where wrk is not installed: one request at a time on each of some raw sockets.

    python -m benchmarks.own_load URL CASE SECONDS CONNECTIONS WORD TOKEN

It ends with a line of JSON, as wrk.lua does.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop

from benchmarks.cases import CASES, OURS_ALONE, Case, product_key
from benchmarks.summary import percentile

_MILLISECONDS = 1000
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has come back."""

    latencies_seconds: list[float] = field(default_factory=list)
    failures: int = 0
    unexpected: int = 0
    """A status that should not have been; 0 where a connection was lost."""


class Caller(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again until it is time to stop."""

    def __init__(self, ask: Callable[[], bytes | None], tally: Tally, *, status: int) -> None:
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ask = ask
        self._tally = tally
        self._opening = b"HTTP/1.1 %d " % status
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if is_whole(self._received):
            self._tally.latencies_seconds.append(perf_counter() - self._asked_at)
            if not self._received.startswith(self._opening):
                self._tally.failures += 1
                self._tally.unexpected = int(self._received[len("HTTP/1.1 ") :][:3])
            self._received.clear()
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio dictates it
        if not self.finished.done():
            self._tally.failures += 1
            self.finished.set_result(None)

    def _next(self) -> None:
        assert self._transport is not None
        request = self._ask()
        if request is None:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._asked_at = perf_counter()
        self._transport.write(request)


def is_whole(received: bytes | bytearray) -> bool:
    """Whether an answer with a Content-Length, or a 204 or 304 without, is all there."""
    head_end = received.find(_HEAD_END)
    if head_end < 0:
        return False
    head = received[:head_end].lower()
    place = head.find(_LENGTH)
    length = int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else 0
    return len(received) >= head_end + len(_HEAD_END) + length


def requests(case: Case, host: str, *, word: str, token: str) -> Iterator[bytes]:
    """The case's requests, endlessly."""
    for number in count():
        path = case.path.replace("{key}", product_key(number))
        body = case.body.replace("{unique}", f"{word}-{number}").encode()
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        credential = f"Authorization: Bearer {token}\r\n"
        yield f"{case.method} {path} HTTP/1.1\r\nHost: {host}\r\n{credential}{about}\r\n".encode() + body


async def _run(url: str, case: Case, *, seconds: int, connections: int, made: Iterator[bytes]) -> dict[str, object]:
    where, tally = urlsplit(url), Tally()
    started = perf_counter()

    def ask() -> bytes | None:
        return next(made) if perf_counter() - started < seconds else None

    loop = asyncio.get_running_loop()
    callers: list[Caller] = []
    for _ in range(connections):
        _, caller = await loop.create_connection(
            lambda: Caller(ask, tally, status=case.status), where.hostname or "", where.port or 0
        )
        callers.append(caller)
    await asyncio.gather(*(caller.finished for caller in callers))
    took_seconds = perf_counter() - started
    return {
        "requests": len(tally.latencies_seconds),
        "seconds": took_seconds,
        "failures": tally.failures,
        "unexpected": tally.unexpected,
        "p50_milliseconds": percentile(tally.latencies_seconds, 50) * _MILLISECONDS,
        "p99_milliseconds": percentile(tally.latencies_seconds, 99) * _MILLISECONDS,
    }


def main(arguments: list[str]) -> None:
    url, name, seconds, connections, word, token = arguments
    case = next(case for case in (*CASES, *OURS_ALONE) if case.name == name)
    made = requests(case, urlsplit(url).netloc, word=word, token=token)
    told = uvloop.run(_run(url, case, seconds=int(seconds), connections=int(connections), made=made))
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Callers who ask when they want to, not when the server is ready: a load that does not give way.

    python -m benchmarks.overload.callers ADDRESS SECONDS STREAMS   # HOST:PORT, a number, Streams as JSON

It ends with a line of JSON, a Counted for each stream. A caller takes a connection that is free, or makes one; who has
not been answered in PATIENCE_SECONDS leaves, and closes its connection as every client's timeout does.
"""

import gc
import json
import resource
import select
import sys
from collections import deque
from dataclasses import asdict, dataclass, field
from time import perf_counter

from benchmarks.overload.connection import Connection, Ended
from benchmarks.summary import percentile
from benchmarks.token import signed_token

PATIENCE_SECONDS = 0.5
_AT_ONCE = 100
"""Requests made before answers are looked at again."""
_POLL_SECONDS = 0.0005
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Requests of one kind. With a rate (a second) they come at that pace from `after_seconds` on; without one, each
    of `connections` asks again as soon as it has its answer, whichever that is. `kept_open` of them stand beforehand.
    """

    name: str
    path: str
    connections: int
    rate: float = 0.0
    after_seconds: float = 0.0
    kept_open: int = 0


@dataclass(slots=True, kw_only=True)
class Counted:
    """What became of a stream: `unmade` requests found all its connections taken."""

    asked: int = 0
    good: int = 0
    refused: int = 0
    late: int = 0
    broken: int = 0
    unmade: int = 0
    p50_milliseconds: float = 0.0
    p99_milliseconds: float = 0.0


@dataclass(slots=True)
class Callers:
    """Those of one stream."""

    stream: Stream
    request: bytes
    counted: Counted = field(default_factory=Counted)
    free: list[Connection] = field(default_factory=list)
    open: int = 0
    latencies_seconds: list[float] = field(default_factory=list)

    def due(self, elapsed_seconds: float) -> int:
        """How many requests should have been made by now and have not been."""
        since = elapsed_seconds - self.stream.after_seconds
        made = self.counted.asked + self.counted.unmade
        return min(_AT_ONCE, int(since * self.stream.rate) - made) if since > 0 else 0

    def summed_up(self) -> Counted:
        """The counts, and what those who were answered waited."""
        if self.latencies_seconds:
            self.counted.p50_milliseconds = percentile(self.latencies_seconds, 50) * _MILLISECONDS
            self.counted.p99_milliseconds = percentile(self.latencies_seconds, 99) * _MILLISECONDS
        return self.counted


class Load:
    """All callers, on one epoll."""

    def __init__(self, address: tuple[str, int], streams: list[Stream], *, token: str) -> None:
        self._address = address
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._asked: deque[tuple[float, Connection, int]] = deque()
        self._callers = {
            one.name: Callers(
                one,
                f"GET {one.path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
                f"Authorization: Bearer {token}\r\n\r\n".encode(),
            )
            for one in streams
        }

    def run(self, seconds: float) -> dict[str, Counted]:
        """Ask for so long; who waits at the end is not counted."""
        for callers in self._callers.values():
            callers.free.extend(self._connect(callers) for _ in range(callers.stream.kept_open))
        started = perf_counter()
        for callers in self._callers.values():
            for _ in range(0 if callers.stream.rate else callers.stream.connections):
                self._ask(callers)
        while (elapsed_seconds := perf_counter() - started) < seconds:
            for callers in self._callers.values():
                if callers.stream.rate:
                    for _ in range(callers.due(elapsed_seconds)):
                        self._ask(callers)
            self._give_up(perf_counter() - PATIENCE_SECONDS)
            for number, event in self._epoll.poll(_POLL_SECONDS, 256):
                if number in self._connections:
                    self._attend(self._connections[number], event)
        return {name: callers.summed_up() for name, callers in self._callers.items()}

    def _ask(self, callers: Callers) -> None:
        if callers.free:
            connection = callers.free.pop()
        elif callers.open < callers.stream.connections:
            connection = self._connect(callers)
        else:
            callers.counted.unmade += 1
            return
        callers.counted.asked += 1
        connection.ask(callers.request, perf_counter())
        self._asked.append((connection.asked_seconds, connection, connection.turn))

    def _connect(self, callers: Callers) -> Connection:
        connection = Connection(self._address, callers.stream.name)
        self._connections[connection.number] = connection
        self._epoll.register(connection.number, select.EPOLLIN | select.EPOLLOUT)
        callers.open += 1
        return connection

    def _give_up(self, before: float) -> None:
        while self._asked and self._asked[0][0] < before:
            _, connection, turn = self._asked.popleft()
            if connection.is_asking and connection.turn == turn:
                self._end(connection, "late")

    def _attend(self, connection: Connection, event: int) -> None:
        if event & select.EPOLLOUT:
            self._epoll.modify(connection.number, select.EPOLLIN)
            connection.send()
        if event & ~select.EPOLLOUT:
            ended = connection.receive()
            if ended is not None:
                self._end(connection, ended)

    def _end(self, connection: Connection, ended: Ended) -> None:
        """Count it; where the stream has no pace of its own, ask again."""
        callers = self._callers[connection.stream]
        if connection.is_asking:
            connection.is_asking = False
            setattr(callers.counted, ended, getattr(callers.counted, ended) + 1)
            if ended == "good":
                callers.latencies_seconds.append(perf_counter() - connection.asked_seconds)
        elif connection in callers.free:
            callers.free.remove(connection)
        if connection.is_kept and ended in ("good", "refused"):
            callers.free.append(connection)
        else:
            del self._connections[connection.number]
            callers.open -= 1
            connection.close()
        if not callers.stream.rate:
            self._ask(callers)


def main(arguments: list[str]) -> None:
    address, seconds, streams = arguments
    host, _, port = address.rpartition(":")
    gc.disable()  # a pause here would look like one there
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    load = Load((host, int(port)), [Stream(**one) for one in json.loads(streams)], token=signed_token())
    counted = load.run(float(seconds))
    print(json.dumps({name: asdict(one) for name, one in counted.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])

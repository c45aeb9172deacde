"""The reader that keeps requests that have ended for a person to look at: the last, the failed, the slowest."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappush, heappushpop
from itertools import count
from typing import Literal, assert_never

from telemetry import events as e
from telemetry.context import CURRENT_REQUEST, RequestContext
from telemetry.ended_request import EndedRequest, Ending
from telemetry.glances import Glance, Whole
from telemetry.observers import Read, reading

TraceKind = Literal["last", "failed", "slowest"]

KEPT_AT_MOST = 200
BYTES_AT_MOST = 2 * 2**20
"""Of each kind; 200 ordinary requests take 400 KB."""

LAST_A_SECOND = 1_000.0
"""Of more than that, the last are a fifth of a second whichever are kept. To keep one costs 3 µs, most of it in letting
go of another that nothing has touched for so long."""

SLOWEST_OF_A_ROUTE = 5
WINDOW_SECONDS = 300.0
"""The slowest are those of the window that is under way and of the one before it: of the last 5 to 10 minutes."""

# What one takes on CPython 3.11, 64 bits, with all it refers to and nothing else does: its context, ids and marks; each
# of its notes with its event. Found with tracemalloc, rounded up.
_FIRST_SERVER_ERROR = 500
_REQUEST_BYTES = 1_800
_NOTE_BYTES = 400

Offer = Callable[[EndedRequest, int], None]
"""Takes a request that has ended, and about how many bytes it holds."""


class KeptTraces:
    """Keeps a bounded number of requests, of bounded size; offers each that has ended to `offer`, if there is one."""

    def __init__(
        self,
        *,
        offer: Offer | None = None,
        bytes_at_most: int = BYTES_AT_MOST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = _Pace()
        self._last = _Ring(bytes_at_most)
        self._failed = _Ring(bytes_at_most)
        self._slowest = _Slowest(bytes_at_most // 2, now=now)
        self._offer = offer

    def reader_of(self, event: e.Event) -> Read | None:
        """Who takes the events that say how a request ended; nobody the others."""
        match event:
            case e.RequestFinished() | e.ClientDisconnected() | e.RequestCutOff():
                return reading(event, self._ended)
            case _:
                return None

    def kept(self, kind: TraceKind) -> list[EndedRequest]:
        """Those of a kind, the newest first, or the slowest."""
        match kind:
            case "last":
                return self._last.newest_first()
            case "failed":
                return self._failed.newest_first()
            case "slowest":
                return self._slowest.slowest_first()
            case _:
                assert_never(kind)

    def find(self, name: str) -> list[EndedRequest]:
        """The requests that have this request id, or lie in the trace of this id, the newest first."""
        everything = [*self.kept("last"), *self.kept("failed"), *self.kept("slowest")]
        found = {id(one): one for one in everything if name in (one.context.request_id, one.context.trace_id)}
        return sorted(found.values(), key=lambda one: one.context.started_seconds, reverse=True)

    def glance_of(self, like: e.RequestFinished) -> Glance:
        """What looks whether those answered like this one are to be kept."""
        return self._glance(like.route, has_failed=like.status >= _FIRST_SERVER_ERROR)

    def _ended(self, ending: Ending) -> None:
        context = CURRENT_REQUEST.get()
        if context is None:
            return
        has_failed = type(ending) is not e.RequestFinished or ending.status >= _FIRST_SERVER_ERROR
        keep = self._glance(ending.route, has_failed=has_failed)(ending.duration_seconds, context)
        if keep is not None:
            keep(ending)

    def _glance(self, route: str, *, has_failed: bool) -> Glance:
        is_always = has_failed or self._offer is not None
        has_room, wants, keep = self._pace.has_room, self._slowest.wants, self._keep

        def glance(seconds: float, context: RequestContext) -> Whole | None:
            context.recording.close()
            is_last = has_room(context.started_seconds)
            is_slow = wants(route, seconds, started_seconds=context.started_seconds)
            return partial(keep, context, is_last=is_last, is_slow=is_slow) if is_last or is_slow or is_always else None

        return glance

    def _keep(self, context: RequestContext, ending: Ending, *, is_last: bool, is_slow: bool) -> None:
        ended = EndedRequest(ending, context)
        size_bytes = _REQUEST_BYTES + _NOTE_BYTES * len(context.recording.notes)
        if is_last:
            self._last.add(ended, size_bytes)
        if ended.has_failed:
            self._failed.add(ended, size_bytes)
        if is_slow:
            self._slowest.add(ended, size_bytes)
        if self._offer is not None:
            self._offer(ended, size_bytes)


class _Pace:
    """Lets so many a second pass, and as many as are kept at once."""

    def __init__(self) -> None:
        self._room = float(KEPT_AT_MOST)
        self._seen_seconds = 0.0

    def has_room(self, now: float) -> bool:
        room = self._room + (now - self._seen_seconds) * LAST_A_SECOND
        self._seen_seconds = now
        self._room = min(room, KEPT_AT_MOST) - 1.0
        if self._room < 0.0:
            self._room += 1.0
            return False
        return True


class _Ring:
    """The newest, as many as there is room for."""

    __slots__ = ("_kept", "_room_bytes")

    def __init__(self, room_bytes: int) -> None:
        self._kept: deque[tuple[EndedRequest, int]] = deque()
        self._room_bytes = room_bytes

    def add(self, ended: EndedRequest, size_bytes: int) -> None:
        kept = self._kept
        kept.append((ended, size_bytes))
        self._room_bytes -= size_bytes
        while self._room_bytes < 0 or len(kept) > KEPT_AT_MOST:
            self._room_bytes += kept.popleft()[1]

    def newest_first(self) -> list[EndedRequest]:
        return [ended for ended, _ in reversed(self._kept)]


_Place = tuple[float, int, EndedRequest, int]
"""How long it took, a number that makes the order total, the request, its size."""


class _Slowest:
    """The slowest of each route in two windows, the one under way and the one before."""

    def __init__(self, room_bytes: int, *, now: Callable[[], float]) -> None:
        self._now = now
        self._all_room_bytes = self._room_bytes = room_bytes
        self._by_route: dict[str, list[_Place]] = {}
        self._before: dict[str, list[_Place]] = {}
        self._numbers = count()
        self._turns_at = now() + WINDOW_SECONDS

    def wants(self, route: str, seconds: float, *, started_seconds: float) -> bool:
        """Whether one that took so many seconds is among them."""
        if started_seconds + seconds >= self._turns_at:
            self._turn()
        places = self._by_route.get(route)
        return places is None or len(places) < SLOWEST_OF_A_ROUTE or seconds > places[0][0]

    def add(self, ended: EndedRequest, size_bytes: int) -> None:
        places = self._by_route.setdefault(ended.ending.route, [])
        place = (ended.ending.duration_seconds, next(self._numbers), ended, size_bytes)
        self._room_bytes -= size_bytes
        if len(places) < SLOWEST_OF_A_ROUTE:
            heappush(places, place)
        else:
            self._room_bytes += heappushpop(places, place)[3]
        while self._room_bytes < 0:
            self._give_up_the_fastest()

    def slowest_first(self) -> list[EndedRequest]:
        self._turn_if_due()
        places = sorted(self._places(), reverse=True)
        return [ended for _, _, ended, _ in places]

    def _places(self) -> Iterator[_Place]:
        for by_route in (self._by_route, self._before):
            for places in by_route.values():
                yield from places

    def _turn_if_due(self) -> None:
        if self._now() >= self._turns_at:
            self._turn()

    def _turn(self) -> None:
        """Begin another window; after a pause longer than one, the one before it was empty."""
        has_paused = self._now() >= self._turns_at + WINDOW_SECONDS
        self._before = {} if has_paused else self._by_route
        self._by_route = {}
        self._room_bytes = self._all_room_bytes
        self._turns_at = self._now() + WINDOW_SECONDS

    def _give_up_the_fastest(self) -> None:
        """There is always one: nothing is larger than all the room."""
        fastest = min((places for places in self._by_route.values() if places), key=lambda places: places[0])
        place = fastest[0]
        fastest.remove(place)
        self._room_bytes += place[3]

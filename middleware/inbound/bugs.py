"""What is told of a bug: an exception nobody translated, as plain values, with nothing in it that a caller sent.

The words of an exception may hold anything. Out of them goes what the request has to do with and is declared private,
what it brought itself (its query, headers and body: whatever of it a message repeats), and what libraries are known to
quote. Of its places in the code only names and numbers are told, never the values of variables.
"""

import hashlib
import linecache
import time
from collections.abc import Callable, Iterator
from types import TracebackType

from aiohttp import web

from middleware.inbound.brought_texts import texts_of
from telemetry.caught_errors import CaughtError, Frame, Standing
from telemetry.context import RequestContext
from telemetry.events import ExceptionCaught
from telemetry.private_texts import redacted

ERRORS_AT_MOST = 8
"""Of a chain or a group; whoever reads it looks at the last ones first."""

FRAMES_AT_MOST = 60
"""A request passes about thirty on its way to a handler; of an endless recursion both ends tell what it is."""

MESSAGE_CHARACTERS_AT_MOST = 2_000
_CHARACTERS_READ = 20_000
"""Of a longer message nothing is read: to look for private words in it would hold the event loop up."""

DETAILED_A_SECOND = 10
"""Bugs of different kinds told with their places each second; the line of any other names the kind it is of. Making
the event of a bug takes about 35 µs, with its places 75, and makes its line in the log of 1 KB one of 5."""

_NAMED_BY_FRAMES = 5
_WITHHELD = "(left out: the request brought too much to tell whether this repeats any of it)"


class Bugs:
    """Makes events of exceptions; of one kind that comes again and again, the first in each second has its places.

    `words` are those that messages may repeat though requests bring them too: those that the declaration names.
    """

    def __init__(self, words: frozenset[str] = frozenset(), *, now: Callable[[], float] = time.monotonic) -> None:
        self._words = words
        self._now = now
        self._second = 0
        self._detailed: set[str] = set()

    def __call__(
        self,
        error: BaseException,
        context: RequestContext,
        *,
        place: tuple[str, str],
        request: web.Request | None = None,
    ) -> ExceptionCaught:
        """The event; `place` is the request's method and route, `request` what may have brought its words."""
        fingerprint = fingerprint_of(error)
        texts = () if request is None else texts_of(request, self._words)
        method, route = place
        return ExceptionCaught(
            error_type=type(error).__qualname__,
            errors=told_errors(error, texts, with_frames=self._tells_all(fingerprint)),
            fingerprint=fingerprint,
            method=method,
            route=route,
            request_id=context.request_id,
            trace_id=context.trace_id,
            span_id=context.span_id,
        )

    def _tells_all(self, fingerprint: str) -> bool:
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._detailed.clear()
        if fingerprint in self._detailed or len(self._detailed) >= DETAILED_A_SECOND:
            return False
        self._detailed.add(fingerprint)
        return True


def fingerprint_of(error: BaseException) -> str:
    """The same for the same kind of bug: by its type and the innermost places in the code; 16 hexadecimal digits."""
    innermost: list[str] = []
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        innermost.append(f"{code.co_filename}:{code.co_qualname}:{place.tb_lineno}")
        place = place.tb_next
    named = " ".join((type(error).__module__, type(error).__qualname__, *innermost[-_NAMED_BY_FRAMES:]))
    return hashlib.blake2b(named.encode(errors="backslashreplace"), digest_size=8).hexdigest()


def told_errors(
    error: BaseException, texts: tuple[str, ...] | None = (), *, with_frames: bool = True
) -> tuple[CaughtError, ...]:
    """The exception and what stands behind it, oldest first, without `texts` in their words; None for no words."""
    found = list(_behind(error, "raised", seen=set()))[:ERRORS_AT_MOST]
    return tuple(_told(one, standing, texts=texts, with_frames=with_frames) for one, standing in reversed(found))


def _behind(error: BaseException, standing: Standing, *, seen: set[int]) -> Iterator[tuple[BaseException, Standing]]:
    """The error, the members of a group, what it came from: the youngest first."""
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error, standing
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _behind(member, "member", seen=seen)
    if error.__cause__ is not None:
        yield from _behind(error.__cause__, "cause", seen=seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _behind(error.__context__, "context", seen=seen)


def _told(error: BaseException, standing: Standing, *, texts: tuple[str, ...] | None, with_frames: bool) -> CaughtError:
    words = _WITHHELD if texts is None else redacted(_words(error), also=texts)
    return CaughtError(
        error_type=type(error).__qualname__,
        module=type(error).__module__,
        message=words[:MESSAGE_CHARACTERS_AT_MOST],
        standing=standing,
        frames=tuple(_frames(error.__traceback__)) if with_frames else (),
    )


def _words(error: BaseException) -> str:
    try:
        words = "\n".join((str(error), *getattr(error, "__notes__", ())))
    except Exception:  # noqa: BLE001 - an exception's own words may fail as anything else may
        return "(its message cannot be read)"
    return words if len(words) <= _CHARACTERS_READ else f"(a message of {len(words):,} characters)"


def _frames(place: TracebackType | None) -> list[Frame]:
    found = []
    while place is not None:
        found.append(place)
        place = place.tb_next
    if len(found) > FRAMES_AT_MOST:
        found = [*found[: FRAMES_AT_MOST // 2], *found[-FRAMES_AT_MOST // 2 :]]
    return [_frame(one) for one in found]


def _frame(place: TracebackType) -> Frame:
    code, names = place.tb_frame.f_code, place.tb_frame.f_globals
    return Frame(
        path=code.co_filename,
        module=str(names.get("__name__", "")),
        function=code.co_qualname,
        line_number=place.tb_lineno,
        source=linecache.getline(code.co_filename, place.tb_lineno, names).strip(),
    )

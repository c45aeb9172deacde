"""The requests kept for a look, on the admin port: the last, the failed, the slowest, each with its spans."""

import time
from collections.abc import Callable, Sequence
from typing import get_args

import orjson
from aiohttp import hdrs, web

from middleware.errors import Fault, Malformed, NotFound
from server.nearest import there_are
from telemetry.ended_request import EndedRequest
from telemetry.kept_traces import KEPT_AT_MOST, KeptTraces, TraceKind
from telemetry.waterfall import document_of, text_of

_SHOWN = 20
_FORMS = ("json", "text")
_PARAMETERS = ("kind", "route", "limit", "as")


def calendar_clock() -> float:
    """What to add to seconds of the monotonic clock to have seconds since 1970."""
    return time.time() - time.monotonic()


def trace_routes(kept: KeptTraces, *, clock: Callable[[], float] = calendar_clock) -> list[web.RouteDef]:
    """`GET /debug/requests?kind=slowest&route=/orders/{id}&limit=5&as=text` and `GET /debug/requests/{id}`.

    The id is a request's or its trace's.
    """

    async def several(request: web.Request) -> web.Response:
        _require_known(request, _PARAMETERS)
        kind, limit, route = _kind_in(request), _limit_in(request), request.query.get("route")
        chosen = [one for one in kept.kept(kind) if route is None or one.ending.route == route]
        return _answer(request, chosen[:limit], clock=clock())

    async def one(request: web.Request) -> web.Response:
        _require_known(request, ("as",))
        name = request.match_info["id"]
        found = kept.find(name)
        if not found:
            raise NotFound("No request with this id, and none in a trace of this id, is kept (any more).")
        return _answer(request, found, clock=clock())

    return [web.get("/debug/requests", several), web.get("/debug/requests/{id}", one)]


def _answer(request: web.Request, shown: Sequence[EndedRequest], *, clock: float) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    if _one_of(_FORMS, request, parameter="as") == "text":
        text = "\n".join(text_of(one, clock_seconds=clock) for one in shown)
        return web.Response(text=text or "no such request is kept\n", headers=headers)
    document = {"requests": [document_of(one, clock_seconds=clock) for one in shown]}
    return web.Response(body=orjson.dumps(document), content_type="application/json", headers=headers)


def _require_known(request: web.Request, known: Sequence[str]) -> None:
    """Who misspells a parameter would see other requests than were asked for, and not know it."""
    for name in request.query:
        if name not in known:
            raise _malformed(name, f"no such parameter; {there_are(known)}")


def _kind_in(request: web.Request) -> TraceKind:
    asked = _one_of(get_args(TraceKind), request, parameter="kind")
    kinds: dict[str, TraceKind] = {"last": "last", "failed": "failed", "slowest": "slowest"}
    return kinds[asked]


def _limit_in(request: web.Request) -> int:
    asked = request.query.get("limit", str(_SHOWN))
    if not asked.isdecimal() or not 1 <= int(asked) <= KEPT_AT_MOST:
        raise _malformed("limit", f"this is a number from 1 to {KEPT_AT_MOST}")
    return int(asked)


def _one_of(words: Sequence[str], request: web.Request, *, parameter: str) -> str:
    """The word given, the first of them unless one is."""
    asked = request.query.get(parameter, words[0])
    if asked not in words:
        raise _malformed(parameter, f"this is one of {', '.join(words)}")
    return asked


def _malformed(parameter: str, detail: str) -> Malformed:
    fault = Fault(code="bad_value", detail=detail, parameter=parameter)
    return Malformed("What to show is not told in a way that can be read.", faults=[fault])

"""The admin application: is it alive, is it ready, what are its numbers; on a port of its own, never shed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from aiohttp import hdrs, web

from middleware.errors import Unavailable
from middleware.inbound.identify import CONTEXT
from middleware.inbound.problem_document import Document, problem_answer, problem_document
from middleware.inbound.stack import Stack
from telemetry.exposition import Source, expose

Check = Callable[[], Awaitable[str | None]]
"""Looks at one thing: None when it is well, otherwise the reason in a sentence."""

CHECK_TIMEOUT_SECONDS = 1.0
"""A probe usually gives up after a second (Kubernetes' default), so an answer later than that is none."""

Handler = Callable[[web.Request], Awaitable[web.Response]]

_PAGES: Mapping[str, str] = {
    "/livez": "the process answers; asks nothing of any dependency",
    "/readyz": "it should be sent requests; degraded: which dependencies it does without",
    "/startupz": "it has finished starting, or what it waits for",
    "/metrics": "Prometheus metrics, classic text or OpenMetrics",
    "/targets": "the admin ports of all workers, for Prometheus' HTTP service discovery",
    "/breakers": "the circuit breakers; PUT /breakers/{name} holds one open or closed",
    "/debug/requests": "the last requests, span by span; ?kind=slowest or failed, ?route=, ?limit=, ?as=text",
    "/log-level": "from which level the log is written; PUT /log-level changes it, for a while where told so",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is looked at, by name: `started` once at the beginning, `ready` as long as it runs.

    `noted` is told with readiness: where one of them is not well, the service is degraded, and ready all the same.
    """

    started: Mapping[str, Check]
    ready: Mapping[str, Check]
    noted: Mapping[str, Check] = field(default_factory=dict)
    timeout_seconds: float = CHECK_TIMEOUT_SECONDS


def admin_app(source: Source, checks: Checks, *, stack: Stack, routes: Sequence[web.RouteDef]) -> web.Application:
    """Build the application, `routes` of other parts in it; serve it with the same runner as the public one."""
    app = stack.install(web.Application())
    app.router.add_get("/", _index)
    app.router.add_get("/livez", _live)
    app.router.add_get("/readyz", _ready(checks))
    app.router.add_get("/startupz", _started(checks))
    app.router.add_get("/metrics", _metrics(source))
    app.add_routes(routes)
    return app


async def _index(_request: web.Request) -> web.Response:
    lines = [f"{path:<16} {meaning}" for path, meaning in _PAGES.items()]
    return web.Response(text="\n".join(lines) + "\n")


async def _live(_request: web.Request) -> web.Response:
    return _json({"alive": True})


def _ready(checks: Checks) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        reasons, noted = await asyncio.gather(
            _reasons(checks.ready, checks.timeout_seconds), _reasons(checks.noted, checks.timeout_seconds)
        )
        degraded = [name for name, reason in noted.items() if reason is not None]
        return _answer(
            "ready", request, reasons=reasons, also={"degraded": degraded, "checks": _results({**reasons, **noted})}
        )

    return handler


def _started(checks: Checks) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        reasons = await _reasons(checks.started, checks.timeout_seconds)
        return _answer("started", request, reasons=reasons, also={"checks": _results(reasons)})

    return handler


def _answer(word: str, request: web.Request, *, reasons: Mapping[str, str | None], also: Document) -> web.Response:
    failing = [name for name, reason in reasons.items() if reason is not None]
    if not failing:
        return _json({word: True, **also})
    problem = Unavailable(f"Not {word}: {', '.join(failing)}.")
    document = problem_document(problem, request[CONTEXT])
    return problem_answer({**document, word: False, **also}, {hdrs.RETRY_AFTER: "1"})


async def _reasons(checks: Mapping[str, Check], timeout_seconds: float) -> Mapping[str, str | None]:
    reasons = await asyncio.gather(*(_reason(check, timeout_seconds) for check in checks.values()))
    return dict(zip(checks, reasons, strict=True))


async def _reason(check: Check, timeout_seconds: float) -> str | None:
    try:
        async with asyncio.timeout(timeout_seconds):
            return await check()
    except TimeoutError:
        return f"no answer within {timeout_seconds:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a check raises, the others still have their say
        return f"{type(error).__name__}: {error}"


def _results(reasons: Mapping[str, str | None]) -> Document:
    return {
        name: {"ok": True} if reason is None else {"ok": False, "reason": reason} for name, reason in reasons.items()
    }


def _metrics(source: Source) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        headers = request.headers
        shown = await expose(
            source, accept=headers.get(hdrs.ACCEPT, ""), accept_encoding=headers.get(hdrs.ACCEPT_ENCODING, "")
        )
        answer = {hdrs.CONTENT_TYPE: shown.content_type, hdrs.VARY: "Accept, Accept-Encoding"}
        if shown.content_encoding:
            answer[hdrs.CONTENT_ENCODING] = shown.content_encoding
        return web.Response(body=shown.body, headers=answer)

    return handler


def _json(document: Document) -> web.Response:
    return web.Response(
        body=orjson.dumps(document),
        status=HTTPStatus.OK,
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )

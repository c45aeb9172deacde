"""How a failure looks on the wire: RFC 9457 problem details, with all faults at once."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from middleware.errors import (
    STATUS,
    TITLE,
    BadGateway,
    Bug,
    Conflict,
    Elapsed,
    Fault,
    Forbidden,
    HeadersTooLarge,
    Invalid,
    KeyInFlight,
    Malformed,
    MethodNotAllowed,
    Misdirected,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    Problem,
    RequestTimeout,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from telemetry.context import RequestContext
from telemetry.json_text import dump_json

MEDIA_TYPE = "application/problem+json"

TYPE_PREFIX = "urn:mainstay:problem:"
"""RFC 9457 wants a problem's type absolute and the same wherever it occurs, as callers compare it. An address of ours
would differ between deployments and proxies, so it is a name; each is explained in the OpenAPI document."""

UNTYPED = "about:blank"
"""RFC 9457's type for a status that says it all: one a handler raised that the taxonomy has no word for."""

_KIND_OF_STATUS: Mapping[int, type[Problem]] = {
    STATUS[problem.kind]: problem
    for problem in (
        Malformed,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        RequestTimeout,
        Conflict,
        PreconditionFailed,
        TooLarge,
        UriTooLong,
        UnsupportedMediaType,
        Misdirected,
        Invalid,
        TooManyRequests,
        HeadersTooLarge,
        Bug,
        BadGateway,
        Unavailable,
        Elapsed,
    )
}
_DESCRIBES_THE_OLD_BODY = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})
_RETRY_AFTER_SECONDS = 2
_RETRY_SPREAD_SECONDS = 3
"""A dependency that fails is tried again within a second and has to prove itself then; and when it recovers, it must
not meet all its callers in the same second: they come back over four."""
_IN_FLIGHT_SECONDS = 1
"""Whatever came first with the same key will have ended by then; whoever asks is the only one who waits."""

_LOOK_FIRST = "Look whether it was done before you send it again; with an Idempotency-Key it could just be sent again."

Document = dict[str, object]


def problem_type(kind: str) -> str:
    """The `type` of a kind of problem: `urn:mainstay:problem:not_found`."""
    return TYPE_PREFIX + kind


def problem_document(problem: Problem, context: RequestContext, *, is_repeatable: bool = True) -> Document:
    """The members of a problem of the taxonomy; `is_repeatable` is a request that does no more when it comes again."""
    is_open = problem.leaves_open and not is_repeatable
    document: Document = {
        "type": problem_type(problem.kind),
        "title": TITLE[problem.kind],
        "status": STATUS[problem.kind],
        "detail": f"{problem.detail} {_LOOK_FIRST}" if is_open else problem.detail,
        "request_id": context.request_id,
        "trace_id": context.trace_id,
        "retryable": problem.retryable and not is_open,
    }
    if problem.faults:
        document["errors"] = [_fault(fault) for fault in problem.faults]
    return document


def problem_response(
    problem: Problem, context: RequestContext, *, jitter: float, is_repeatable: bool = True
) -> web.Response:
    """Answer with a problem; `jitter` in [0, 1) spreads a 503's Retry-After over seconds."""
    return problem_answer(problem_document(problem, context, is_repeatable=is_repeatable), _headers(problem, jitter))


def refusal_response(error: web.HTTPException, context: RequestContext, *, jitter: float) -> web.Response:
    """Answer with what aiohttp or a plain handler raised, keeping its status, its words and its own headers."""
    problem = problem_of_refusal(error)
    if problem is not None:
        return problem_response(problem, context, jitter=jitter)
    title = _phrase(error.status)
    document: Document = {
        "type": UNTYPED,
        "title": title,
        "status": error.status,
        "detail": _words(error) or title,
        "request_id": context.request_id,
        "trace_id": context.trace_id,
        "retryable": hdrs.RETRY_AFTER in error.headers,
    }
    return problem_answer(document, _own_headers(error))


def problem_of_refusal(error: web.HTTPException) -> Problem | None:
    """The problem of the taxonomy that it is; None for a status it has no word for."""
    kind = _KIND_OF_STATUS.get(error.status)
    return None if kind is None else kind(_words(error) or _offers(error), headers=_own_headers(error))


def _own_headers(error: web.HTTPException) -> dict[str, str]:
    return {name: value for name, value in error.headers.items() if name.lower() not in _DESCRIBES_THE_OLD_BODY}


def problem_answer(document: Document, headers: dict[str, str]) -> web.Response:
    """Answer with a finished document, whose `status` is the answer's; `headers` are taken over."""
    headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    status = document["status"]
    assert isinstance(status, int)  # noqa: S101 - every document is made here
    return web.Response(body=dump_json(document), status=status, content_type=MEDIA_TYPE, headers=headers)


def _headers(problem: Problem, jitter: float) -> dict[str, str]:
    headers = dict(problem.headers)
    status = STATUS[problem.kind]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault(hdrs.RETRY_AFTER, str(_RETRY_AFTER_SECONDS + int(jitter * (_RETRY_SPREAD_SECONDS + 1))))
    elif isinstance(problem, KeyInFlight):
        headers.setdefault(hdrs.RETRY_AFTER, str(_IN_FLIGHT_SECONDS))
    elif status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault(hdrs.WWW_AUTHENTICATE, "Bearer")
    return headers


def _fault(fault: Fault) -> Document:
    where = {"pointer": fault.pointer, "parameter": fault.parameter, "header": fault.header}
    named = {name: value for name, value in where.items() if value is not None}
    return {**named, "code": fault.code, "detail": fault.detail}


def _words(error: web.HTTPException) -> str:
    """What whoever raised it said; empty where it said nothing of its own."""
    if error.content_type == "text/plain" and error.text and error.text != f"{error.status}: {error.reason}":
        return error.text
    return "" if error.reason == _phrase(error.status) else error.reason


def _offers(error: web.HTTPException) -> str:
    """What a refused method might have been; empty for any other refusal."""
    if not isinstance(error, web.HTTPMethodNotAllowed) or not error.allowed_methods:
        return ""
    return f"{MethodNotAllowed.__doc__} It offers {', '.join(sorted(error.allowed_methods))}."


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"

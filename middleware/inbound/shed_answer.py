"""The answer to a request that is refused unread: the same bytes a layer's Overloaded would become."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from middleware.errors import Overloaded
from middleware.inbound.identify import mark_answer
from middleware.inbound.problem_document import problem_response
from telemetry.context import Identifier

_WHOLE = re.compile(rb"(?P<method>[A-Z]+) [^ \r\n]+ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*\r\n")
_MAY_GO_ON = re.compile(rb"\r\n(?:content-length|transfer-encoding|connection|upgrade|expect) *:", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"\r\nx-request-id:[ \t]*([^\r\n]*)", re.IGNORECASE)
_TRACEPARENT = re.compile(rb"\r\ntraceparent:[ \t]*([^\r\n]*)", re.IGNORECASE)

DETAIL = "More is asked of this service than it can answer just now; nothing was done, so try again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedAnswer:
    """What is written; where `closes`, nobody knows where the next request would begin."""

    data: bytes
    closes: bool


def shed_answer(opening: bytes, *, make_context: Identifier, now: float, jitter: float) -> ShedAnswer:
    """Answer 503 to what a request opens with; `jitter` in [0, 1) spreads its Retry-After.

    The connection stays open only where the opening is one whole request without a body, and says nothing of its
    own about the connection: then the next byte is the next request's.
    """
    whole = _WHOLE.fullmatch(opening)
    closes = whole is None or _MAY_GO_ON.search(opening) is not None
    request_id = _text(_REQUEST_ID, opening)
    context = make_context(request_id[0] if request_id else None, _text(_TRACEPARENT, opening))
    response = problem_response(Overloaded(DETAIL), context, jitter=jitter)
    body = response.body
    assert isinstance(body, bytes)  # noqa: S101 - every problem's is
    headers = response.headers
    mark_answer(headers, context, now_seconds=now)
    headers["Content-Length"] = str(len(body))
    if closes:
        headers["Connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n{lines}\r\n".encode("latin-1")
    is_head = whole is not None and whole["method"] == b"HEAD"
    return ShedAnswer(data=head if is_head else head + body, closes=closes)


def _text(header: re.Pattern[bytes], opening: bytes) -> list[str]:
    return [value.decode("latin-1") for value in header.findall(opening)]

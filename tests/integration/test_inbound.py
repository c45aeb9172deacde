"""A request's way through the layers, over a real connection."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.errors import Conflict, Fault, Invalid, Problem, Unavailable
from middleware.inbound import inbound
from middleware.inbound.admission import admit_everybody
from middleware.inbound.endpoint import Endpoint, Endpoints
from middleware.inbound.identify import CONTEXT
from middleware.inbound.protocol import Edge
from middleware.inbound.validate import INPUT
from middleware.outbound.clock import Clock
from server.identity.decisions import decide_by
from telemetry.context import Identifier
from telemetry.events import (
    AccessDecided,
    ClientDisconnected,
    ExceptionCaught,
    RequestCutOff,
    RequestFinished,
    RequestMalformed,
    RequestStarted,
)
from tests.integration.loopback import Answer, Caller, served
from tests.recorder import Recorder

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "mainstay",
}


class Odd(Problem):
    """A problem of a kind the table of statuses does not know."""

    kind = "odd"


class Shop:
    """An application with one handler for each thing that can happen."""

    def __init__(self, observe: Recorder) -> None:
        self.endpoints: dict[Callable[..., object], Endpoint] = {}
        self.identify = Identifier()
        self.edge = Edge(observe=observe, make_context=self.identify, jitter=lambda: 0.0)
        self.app = web.Application()
        inbound(self.endpoints, observe=observe, make_context=self.identify, clock=Clock(jitter=lambda: 0.0)).install(
            self.app
        )
        self.go_on = asyncio.Event()
        self.inputs_read: list[str] = []
        self._add("GET", "/products/{id}", self.read)
        self._add("POST", "/products", self.create)
        self._add("GET", "/secrets/{id}", self.secret, is_open=False)
        self._add("GET", "/failing/{with}", self.fail)
        self._add("GET", "/moved", self.move)
        self._add("GET", "/streamed", self.stream)
        self._add("GET", "/half", self.half)
        self._add("GET", "/page", self.page)
        self._add("GET", "/nothing", self.nothing)
        self._add("GET", "/slow", self.wait)

    def _add(self, method: str, path: str, handler: Handler, is_open: bool = True) -> None:
        async def read_input(request: web.Request) -> object:
            self.inputs_read.append(path)
            if request.query:
                raise Invalid(faults=[Fault(code="unknown", detail="No.", parameter=name) for name in request.query])
            return await request.read() if request.can_read_body else None

        route = self.app.router.add_get(path, handler) if method == "GET" else self.app.router.add_post(path, handler)
        self.endpoints[route.handler] = Endpoint(
            template=path,
            operation=path,
            decide=admit_everybody if is_open else decide_by(None, area="", writes=False),
            read_input=read_input,
        )

    async def read(self, request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "request_id": request[CONTEXT].request_id})

    async def create(self, request: web.Request) -> web.Response:
        given = request[INPUT]
        assert isinstance(given, bytes)
        return web.Response(body=given, status=201)

    async def secret(self, request: web.Request) -> web.Response:
        return web.Response(text="the secret")

    async def fail(self, request: web.Request) -> web.Response:
        failures: dict[str, Exception] = {
            "bug": ValueError("internals"),
            "group": ExceptionGroup("several", [ValueError("internals"), KeyError("internals")]),
            "timeout": TimeoutError(),
            "odd": Odd(),
            "conflict": Conflict("Taken."),
            "unavailable": Unavailable(),
            "gone": web.HTTPGone(text="It left."),
        }
        raise failures[request.match_info["with"]]

    async def move(self, request: web.Request) -> web.Response:
        raise web.HTTPSeeOther("/products/1")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a part")
        return response

    async def half(self, request: web.Request) -> web.StreamResponse:
        await self.stream(request)
        raise ValueError("too late")

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text="<p>", content_type="text/html", headers={"Content-Security-Policy": "img-src 'self'"})

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        return None  # type: ignore[return-value]  # the mistake whose answer is tested

    async def wait(self, request: web.Request) -> web.Response:
        await self.go_on.wait()
        return web.Response(text="done")


@pytest.fixture
async def shop(events: Recorder) -> Shop:
    return Shop(events)


@pytest.fixture
async def call(shop: Shop) -> AsyncIterator[Caller]:
    async with served(shop.app, shop.edge) as caller:
        yield caller


def problem(answer: Answer) -> dict[str, object]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = json.loads(answer.body)
    assert isinstance(document, dict)
    assert (document["status"], document["request_id"]) == (answer.status, answer.headers["X-Request-ID"])
    return document


async def test_an_answer_carries_the_request_s_ids_its_timing_and_the_security_headers(call: Caller) -> None:
    answer = await call("GET", "/products/1")

    assert answer.status == 200
    assert json.loads(answer.body) == {"id": "1", "request_id": answer.headers["X-Request-ID"]}
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY
    assert [part.split(";")[0] for part in answer.headers["Server-Timing"].split(", ")] == ["total", "validate"]


async def test_a_caller_s_ids_come_back(call: Caller) -> None:
    sent = {"X-Request-ID": "mine-1", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = await call("GET", "/products/1", headers=sent)

    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (answer.headers["X-Request-ID"], version, trace, flags) == ("mine-1", "00", TRACE, "01")
    assert span != "00f067aa0ba902b7"


async def test_a_page_keeps_its_own_content_security_policy(call: Caller) -> None:
    answer = await call("GET", "/page")

    assert answer.headers.getall("Content-Security-Policy") == ["img-src 'self'"]


async def test_a_streamed_answer_is_marked_too(call: Caller) -> None:
    answer = await call("GET", "/streamed")

    assert (answer.body, {name: answer.headers[name] for name in SECURITY}) == (b"a part", SECURITY)
    assert "X-Request-ID" in answer.headers


async def test_a_handler_gets_the_input_that_was_checked(call: Caller) -> None:
    answer = await call("POST", "/products", data=b"{}")

    assert (answer.status, answer.body) == (201, b"{}")


async def test_a_request_is_told_of_when_it_comes_and_when_it_is_answered(call: Caller, events: Recorder) -> None:
    answer = await call("GET", "/products/1")

    started, decided, finished = events.events
    assert decided == AccessDecided(decision="admitted")
    assert started == RequestStarted(method="GET", route="/products/{id}")
    assert isinstance(finished, RequestFinished)
    assert (finished.method, finished.route, finished.status) == ("GET", "/products/{id}", 200)
    assert (finished.request_id, finished.trace_id) == (
        answer.headers["X-Request-ID"],
        answer.headers["traceparent"].split("-")[1],
    )
    assert 0 < finished.duration_seconds < 10


async def test_a_head_request_is_answered_by_get_s_handler(call: Caller, events: Recorder) -> None:
    answer = await call("HEAD", "/products/1")

    assert (answer.status, answer.body) == (200, b"")
    assert events.events[0] == RequestStarted(method="HEAD", route="/products/{id}")


async def test_an_unknown_address_is_a_404_and_no_route_of_its_own(call: Caller, events: Recorder) -> None:
    answer = await call("GET", "/no/such?a=b")

    assert problem(answer) == {
        "type": "urn:mainstay:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here.",
        "request_id": answer.headers["X-Request-ID"],
        "trace_id": answer.headers["traceparent"].split("-")[1],
        "retryable": False,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert events.events[0] == RequestStarted(method="GET", route="_unmatched")


@pytest.mark.parametrize(("path", "is_told"), [("/product/1", True), ("/secret/1", False)])
async def test_only_an_address_that_is_open_to_the_caller_is_said_to_have_been_meant(
    call: Caller, path: str, is_told: bool
) -> None:
    answer = await call("GET", path)

    assert (answer.status, "Did you mean" in str(problem(answer)["detail"])) == (404, is_told)


async def test_a_method_that_is_not_offered_is_a_405_that_says_which_are(call: Caller) -> None:
    answer = await call("DELETE", "/products/1")

    assert (problem(answer)["type"], answer.headers["Allow"]) == (
        "urn:mainstay:problem:method_not_allowed",
        "GET,HEAD",
    )


async def test_a_method_of_the_caller_s_own_making_is_no_label(call: Caller, events: Recorder) -> None:
    answer = await call("PROPFIND", "/products/1")

    assert (answer.status, events.events[0]) == (405, RequestStarted(method="_OTHER", route="_unmatched"))


async def test_what_is_not_open_to_anyone_is_a_401_and_nothing_of_the_request_is_read(call: Caller, shop: Shop) -> None:
    answer = await call("GET", "/secrets/1")

    assert (problem(answer)["type"], answer.headers["WWW-Authenticate"], shop.inputs_read) == (
        "urn:mainstay:problem:unauthenticated",
        'Bearer realm="mainstay"',
        [],
    )


async def test_all_faults_of_a_request_come_at_once(call: Caller, events: Recorder) -> None:
    answer = await call("GET", "/products/1?a=1&b=2")

    assert (answer.status, problem(answer)["errors"]) == (
        422,
        [{"parameter": name, "code": "unknown", "detail": "No."} for name in "ab"],
    )
    assert events.of(RequestFinished)[0].status == 422


@pytest.mark.parametrize(
    ("failure", "error_type"),
    [("bug", "ValueError"), ("group", "ExceptionGroup"), ("timeout", "TimeoutError"), ("odd", "Odd")],
)
async def test_a_bug_is_a_500_whose_traceback_is_told_and_not_sent(
    call: Caller, events: Recorder, failure: str, error_type: str
) -> None:
    answer = await call("GET", f"/failing/{failure}")

    (caught,) = events.of(ExceptionCaught)
    assert (answer.status, problem(answer)["type"]) == (500, "urn:mainstay:problem:internal")
    assert b"internals" not in answer.body
    assert (caught.error_type, caught.route, caught.request_id) == (
        error_type,
        "/failing/{with}",
        answer.headers["X-Request-ID"],
    )
    assert "in Shop.fail" in caught.traceback
    assert events.of(RequestFinished)[0].status == 500


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        ("conflict", (409, "urn:mainstay:problem:conflict", "Taken.")),
        ("unavailable", (503, "urn:mainstay:problem:unavailable", "Something this needs cannot be reached just now.")),
        ("gone", (410, "about:blank", "It left.")),
    ],
)
async def test_a_failure_that_is_no_bug_is_told_by_its_status_alone(
    call: Caller, events: Recorder, failure: str, told: tuple[int, str, str]
) -> None:
    answer = await call("GET", f"/failing/{failure}")

    document = problem(answer)
    assert (answer.status, document["type"], document["detail"]) == told
    assert (events.of(ExceptionCaught), events.of(RequestFinished)[0].status) == ([], told[0])


async def test_a_503_says_when_to_come_back(call: Caller) -> None:
    answer = await call("GET", "/failing/unavailable")

    assert (answer.headers["Retry-After"], problem(answer)["retryable"]) == ("2", True)


async def test_a_redirection_is_no_failure(call: Caller, events: Recorder) -> None:
    answer = await call("GET", "/moved")

    assert (answer.status, answer.headers["Location"]) == (303, "/products/1")
    assert (events.of(ExceptionCaught), events.of(RequestFinished)[0].status) == ([], 303)


async def test_a_handler_that_answers_nothing_is_a_bug(call: Caller, events: Recorder) -> None:
    answer = await call("GET", "/nothing")

    assert (answer.status, problem(answer)["type"]) == (500, "urn:mainstay:problem:internal")
    assert len(events.of(ExceptionCaught)) == 1


async def test_a_bug_in_mid_answer_breaks_the_connection_off(call: Caller, events: Recorder) -> None:
    received = await call.raw(b"GET /half HTTP/1.1\r\nHost: a\r\n\r\n")

    head, _, rest = received.partition(b"\r\n\r\n")
    assert (head.split(b"\r\n")[0], rest) == (b"HTTP/1.1 200 OK", b"6\r\na part\r\n")
    assert events.of(ExceptionCaught)[0].route == "/half"


async def test_an_expectation_nobody_knows_is_a_417(call: Caller) -> None:
    answer = await call("GET", "/products/1", headers={"Expect": "the unexpected"})

    assert (problem(answer)["type"], problem(answer)["title"]) == ("about:blank", "Expectation Failed")
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


MALFORMED = {
    "no_http": b"HELLO\r\n\r\n",
    "no_such_version": b"GET / HTTP/9.9\r\n\r\n",
    "no_method": b"GE T / HTTP/1.1\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "header_without_colon": b"GET / HTTP/1.1\r\nHost: a\r\nhello\r\n\r\n",
    "header_with_nul": b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    "both_lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative_length": b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
async def test_bytes_that_are_no_request_are_a_400_that_is_counted_and_not_echoed(
    call: Caller, events: Recorder, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    with caplog.at_level(logging.DEBUG):
        received = await call.raw(sent)

    head, _, body = received.partition(b"\r\n\r\n")
    document = json.loads(body)
    (told,) = events.of(RequestMalformed)
    assert head.split(b" ")[1] == b"400"
    assert b"Content-Type: application/problem+json" in head
    assert (document["type"], document["request_id"]) == ("urn:mainstay:problem:malformed", told.request_id)
    assert b"a" * 16 not in body
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []


TOO_LONG: dict[str, tuple[bytes, tuple[int, str, str]]] = {
    "an_address": (
        b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n",
        (414, "uri_too_long", "An address has at most 8,190 bytes."),
    ),
    "a_header": (
        b"GET / HTTP/1.1\r\nX: /" + b"a" * 9_000 + b"\r\n\r\n",
        (431, "headers_too_large", "A header field has at most 8,191 bytes."),
    ),
    "headers": (
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n",
        (431, "headers_too_large", "A request has at most 100 header fields."),
    ),
}


@pytest.mark.parametrize(("sent", "refusal"), TOO_LONG.values(), ids=TOO_LONG.keys())
async def test_an_address_or_header_that_is_too_long_says_so(
    call: Caller, events: Recorder, sent: bytes, refusal: tuple[int, str, str]
) -> None:
    status, kind, detail = refusal
    received = await call.raw(sent)

    head, _, body = received.partition(b"\r\n\r\n")
    document = json.loads(body)
    (told,) = events.of(RequestMalformed)
    assert int(head.split(b" ")[1]) == status
    assert b"Content-Type: application/problem+json" in head
    assert (document["type"], document["status"]) == (f"urn:mainstay:problem:{kind}", status)
    assert (document["detail"], document["request_id"]) == (detail, told.request_id)
    assert b"a" * 16 not in body


async def test_a_body_that_breaks_off_is_the_caller_s_fault(call: Caller, events: Recorder) -> None:
    received = await call.raw(
        b"POST /products HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nnot a length\r\n"
    )

    assert received.split(b" ")[1] == b"400"
    assert events.of(ExceptionCaught) == []


async def test_a_caller_who_leaves_in_mid_body_is_no_bug(call: Caller, events: Recorder) -> None:
    async with call.connected() as (_, writer):
        writer.write(b"POST /products HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        await events.wait_for(RequestStarted)

    left = await events.wait_for(ClientDisconnected)
    assert (left.method, left.route, events.of(ExceptionCaught), events.of(RequestFinished)) == (
        "POST",
        "/products",
        [],
        [],
    )


async def test_a_caller_who_leaves_does_not_end_the_work(call: Caller, shop: Shop, events: Recorder) -> None:
    async with call.connected() as (_, writer):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await events.wait_for(RequestStarted)
    answer = await call("GET", "/products/1")
    shop.go_on.set()

    left = await events.wait_for(ClientDisconnected)
    assert (answer.status, left.route) == (200, "/slow")


async def test_a_request_that_outlives_the_service_is_cut_off(shop: Shop, events: Recorder) -> None:
    async with served(shop.app, shop.edge, shutdown_seconds=0.01) as call, call.connected() as (reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await events.wait_for(RequestStarted)
        await call.stop()
        received = await reader.read()

    cut_off = await events.wait_for(RequestCutOff)
    assert (received, cut_off.route, events.of(ClientDisconnected)) == (b"", "/slow", [])


def test_an_endpoint_is_found_by_its_handler(shop: Shop) -> None:
    endpoints: Endpoints = shop.endpoints

    assert endpoints[shop.read].template == "/products/{id}"

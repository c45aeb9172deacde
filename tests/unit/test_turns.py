"""What is done in aiohttp's stead does the same as what it is instead of, which has not changed since."""

import asyncio
import hashlib
import inspect
import math
from contextvars import ContextVar
from email.parser import BytesParser

import pytest
from aiohttp import web
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from middleware.brief_wait import Brief, brief_or_not
from middleware.deadlines import DEADLINE
from middleware.inbound import inbound
from middleware.inbound.answer_bytes import AnswerBytes
from middleware.inbound.deadline_timer import Deadline
from middleware.inbound.directory import Directory, Found
from middleware.inbound.exchange import Exchange
from middleware.inbound.identify import CONTEXT, mark_answers
from middleware.inbound.own_context import in_own_context
from middleware.inbound.rate_limit import LIMITED, mark_limits
from middleware.inbound.ready_answer import ReadyAnswer, SharedHeaders
from middleware.inbound.request_plan import Plan, place_of
from telemetry.context import Identifier
from tests.exchanges import Heard, answer, connection, exchange_of
from tests.hand_clock import HandClock
from tests.recorder import Recorder

WORD: ContextVar[str] = ContextVar("word", default="")

READ_LAST = {
    RequestHandler.start: "2e565fd40c8e04fb",
    RequestHandler._handle_request: "a88a34ee65a2714c",
    RequestHandler.finish_response: "b7eb53db8f4b30ca",
    web.Response._start: "5b9473c63ff522b4",
    web.StreamResponse._prepare_headers: "92807d25d9c397cd",
    web.Application._handle: "1294b2b208b126cb",
    web.BaseRequest.__init__: "dae5bbed7d90f1dd",
    web.Response.__init__: "a6a7497dd6dce4f2",
    web.StreamResponse.__init__: "4526b12af19f1293",
}
"""What ours is written against, and a digest of it as it was then. Where one of them has changed, read what and why,
whether `turns.py`, `answer_bytes.py`, `exchange.py` and `answering.py` have to follow, and put the new digest here."""


@pytest.mark.parametrize("theirs", READ_LAST, ids=lambda one: one.__qualname__)
def test_what_of_aiohttp_ours_stands_for_is_as_it_was_read(theirs: object) -> None:
    assert hashlib.sha256(inspect.getsource(theirs).encode()).hexdigest()[:16] == READ_LAST[theirs]  # type: ignore[index, arg-type]  # functions all


# --- in a context of its own


async def test_what_work_sets_in_a_context_is_not_there_afterwards() -> None:
    async def work() -> str:
        WORD.set("within")
        await asyncio.sleep(0)
        return WORD.get()

    assert (await in_own_context(work(), waits=lambda _awaited: None), WORD.get()) == ("within", "")


async def test_it_is_said_of_each_thing_that_work_waits_for_and_never_where_it_waits_for_nothing() -> None:
    said: list[object] = []
    loop = asyncio.get_running_loop()
    first, second = loop.create_future(), loop.create_future()

    async def patient() -> None:
        await first
        await second

    async def prompt() -> None: ...

    loop.call_soon(first.set_result, None)
    loop.call_soon(loop.call_soon, second.set_result, None)
    await in_own_context(prompt(), waits=said.append)
    await in_own_context(patient(), waits=said.append)

    assert said == [first, second]


async def test_a_cancellation_and_a_failure_are_the_work_s() -> None:
    seen: list[str] = []
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise ValueError("late") from None

    async def outer() -> None:
        await in_own_context(work(), waits=lambda _awaited: None)

    task = asyncio.create_task(outer())
    await began.wait()
    task.cancel()

    with pytest.raises(ValueError, match="late"):
        await task
    assert seen == ["cancelled"]


# --- the request


@pytest.mark.parametrize("target", ["/a/b?c=d", "http://localhost/a/b?c=d"])
async def test_an_exchange_has_all_that_aiohttp_s_request_has(target: str) -> None:
    exchange, protocol = exchange_of(target), connection()
    loop = asyncio.get_running_loop()
    writer = StreamWriter(protocol, loop)
    theirs = web.Request(exchange._message, EMPTY_PAYLOAD, protocol, writer, exchange.task, loop)

    own = Exchange.ATTRS - web.Request.ATTRS
    assert vars(exchange).keys() - own == vars(theirs).keys() - {"_payload_writer"}
    assert (exchange.path_qs, exchange.host, exchange.scheme) == (theirs.path_qs, theirs.host, theirs.scheme)
    assert isinstance(exchange.writer, StreamWriter)


def test_where_an_address_leads_is_what_aiohttp_makes_of_it() -> None:
    app = web.Application()
    route = app.router.add_get("/products/{id}", answer)
    theirs = UrlMappingMatchInfo({"id": "1"}, route)
    theirs.add_app(app)
    theirs.freeze()

    ours = Found({"id": "1"}, route, apps=[app])

    assert ours == theirs
    parts = UrlMappingMatchInfo.__slots__
    assert [getattr(ours, name) for name in parts] == [getattr(theirs, name) for name in parts]


class _Timed:
    """Counts the timers that are set."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, instant: float, task: "asyncio.Task[object]") -> Deadline:
        self.seconds.append(instant)
        return Deadline(instant, task, call_later=HandClock().clock.call_later)


async def test_a_deadline_has_a_timer_from_the_first_wait_on_that_may_be_long() -> None:
    exchange, timed, loop = exchange_of("/a"), _Timed(), asyncio.get_running_loop()
    exchange.due_seconds, exchange.deadlines = 5.0, timed
    seen = []

    for awaited in (Brief(loop=loop), loop.create_future(), None):
        exchange.waits(awaited)
        seen.append(list(timed.seconds))

    assert seen == [[], [5.0], [5.0]]


@pytest.mark.parametrize(("left_seconds", "is_brief"), [(math.inf, True), (2.1, True), (2.0, False), (-1.0, False)])
async def test_nobody_waits_briefly_who_has_little_time_left(left_seconds: float, is_brief: bool) -> None:
    token = DEADLINE.set(100.0 + left_seconds)

    waited: asyncio.Future[None] = brief_or_not(asyncio.get_running_loop(), 100.0)

    DEADLINE.reset(token)
    assert isinstance(waited, Brief) == is_brief


# --- the answer


def redirect() -> web.Response:
    return web.Response(status=303, headers={"Location": "/b", "Cache-Control": "max-age=1"})


SHARED = SharedHeaders({"Content-Type": "application/json", "Vary": "Accept", "Cache-Control": "private"})

ANSWERS = {
    "json": lambda: web.Response(body=b"{}", content_type="application/json", headers={"ETag": '"1"'}),
    "ready": lambda: ReadyAnswer(b"{}"),
    "ready_with_headers": lambda: ReadyAnswer(b"{}", status=201, headers={"Content-Type": "text/plain", "Age": "1"}),
    "sharing_headers": lambda: ReadyAnswer(b"{}", headers={"ETag": '"1"', "Age": "1"}, shared=SHARED),
    "sharing_all": lambda: ReadyAnswer(b"{}", shared=SHARED),
    "unchanged_sharing": lambda: ReadyAnswer(b"", status=304, headers={"ETag": '"1"'}, shared=SHARED),
    "text": lambda: web.Response(text="hällo", status=201),
    "nothing": lambda: web.Response(status=204, headers={"Allow": "GET"}),
    "unchanged": lambda: web.Response(status=304, headers={"ETag": '"1"'}),
    "empty": web.Response,
    "a_redirect": redirect,
    "its_own_policy": lambda: web.Response(text="<p>", headers={"Content-Security-Policy": "img-src 'self'"}),
    "of_many_names": lambda: web.Response(text="a", headers=[("Link", "</a>"), ("Link", "</b>"), ("X-Odd", "ü")]),
    "its_own_reason": lambda: web.Response(status=299, reason="Fine", body=b"a", content_type="text/plain"),
}


async def as_aiohttp_writes(exchange: Exchange, response: web.Response) -> bytes:
    """What aiohttp would send, with the headers that receivers add."""
    await mark_answers(now=lambda: exchange[CONTEXT].started_seconds)(exchange, response)
    await mark_limits(exchange, response)
    await response.prepare(exchange)
    await response.write_eof()
    transport = exchange.transport
    assert isinstance(transport, Heard)
    return transport.data


def read(sent: bytes) -> tuple[bytes, list[tuple[str, str]], bytes]:
    """The status line, the headers in alphabetic order, and the body.

    Of the date only that it is there: a second may end between two answers.
    """
    head, _, body = sent.partition(b"\r\n\r\n")
    status, _, lines = head.partition(b"\r\n")
    headers = BytesParser().parsebytes(lines, headersonly=True).items()
    return status, sorted((name, "" if name == "Date" else value) for name, value in headers), body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("made", ANSWERS.values(), ids=ANSWERS)
async def test_an_ordinary_answer_has_the_bytes_that_aiohttp_would_send(method: str, made: type[web.Response]) -> None:
    exchange = exchange_of("/a", method)
    exchange[LIMITED] = ('"read";q=1;w=1', '"read";r=1;t=1')
    to_bytes = AnswerBytes(now=lambda: exchange[CONTEXT].started_seconds)

    found = to_bytes(exchange, made())

    assert found is not None
    assert read(b"".join(found)) == read(await as_aiohttp_writes(exchange, made()))


def cookie() -> web.Response:
    response = web.Response()
    response.set_cookie("a", "b")
    return response


def packed() -> web.Response:
    response = web.Response(text="a")
    response.enable_compression()
    return response


def last() -> web.Response:
    response = web.Response(text="a")
    response.force_close()
    return response


@pytest.mark.parametrize(
    "made",
    [
        cookie,
        packed,
        last,
        web.StreamResponse,
        lambda: web.Response(body=b"a"),
        lambda: web.Response(body=bytearray(b"a"), content_type="text/plain"),
        lambda: web.Response(headers={"Server": "other"}),
        lambda: web.Response(headers={"X-Request-ID": "other"}),
        lambda: web.Response(headers={"content-length": "0"}),
        web.HTTPNotFound,
    ],
)
async def test_what_is_not_ordinary_is_left_to_aiohttp(made: type[web.Response]) -> None:
    assert AnswerBytes()(exchange_of("/a"), made()) is None


@pytest.mark.parametrize("headers", [("Connection: close",)])
async def test_the_last_answer_of_a_connection_is_left_to_aiohttp(headers: tuple[str, ...]) -> None:
    assert AnswerBytes()(exchange_of("/a", "GET", *headers), web.Response(text="a")) is None


async def test_a_header_that_would_end_its_line_is_refused() -> None:
    with pytest.raises(ValueError, match="header injection"):
        AnswerBytes()(exchange_of("/a"), web.Response(text="a", headers={"X-Odd": "a\r\nSet-Cookie: b"}))


# --- the address

ROUTES = (
    ("GET", "/"),
    ("GET", "/things"),
    ("POST", "/things"),
    ("GET", "/things/{id:[^/]+}"),
    ("PUT", "/things/{id:[^/]+}"),
    ("GET", "/things/new"),
    ("GET", "/things/{id:[^/]+}/parts/{part}"),
    ("POST", "/things/{id}/pay"),
    ("GET", "/things/{id}.json"),
    ("GET", "/{any}/parts"),
)
ASKED = (
    "/",
    "/things",
    "/things?a=b",
    "/things/",
    "/things/1",
    "/things/new",
    "/things/a%2Fb",
    "/things/%41",
    "/things/ü",
    "/things/a.json",
    "/things/{1}",
    "/things/1/parts/2",
    "/things/1/parts",
    "/things/1/pay",
    "/things/../things",
    "//things",
    "/things/1?x=/y",
    "/THINGS",
    "/none",
    "http://localhost/things/1",
)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("target", ASKED)
async def test_an_address_leads_where_aiohttp_s_router_leads_it(method: str, target: str) -> None:
    app = web.Application()
    for one, path in ROUTES:
        app.router.add_route(one, path, answer)
    plans: dict[web.AbstractRoute, Plan] = {}

    def plan_of(route: web.AbstractRoute, asked: str) -> Plan:
        place = place_of(asked, None)
        return plans.setdefault(route, Plan(place=place, tell_started=lambda: None, checks=(), handle=None))

    directory = Directory(app, plan_of)
    quick, theirs = exchange_of(target, method), exchange_of(target, method)

    found = directory.find(quick)

    right = await directory.resolve(theirs)
    assert found is None or (found is right and dict(quick.match_info) == dict(theirs.match_info))


async def test_ordinary_addresses_need_no_router() -> None:
    app = web.Application()
    app.router.add_get("/things/{id}", answer)
    stack = inbound({}, observe=Recorder(), make_context=Identifier())
    directory = Directory(app, stack.plan)

    assert directory.find(exchange_of("/things/1?a=b")) is not None

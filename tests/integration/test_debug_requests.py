"""What the admin port shows of the requests that a service has answered."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from server import ANYONE, Model, Resource, Route, Service, Upstream, store, upstream
from server.fake_upstream import FakeUpstream, fake_upstream, json_answer, status
from server.testing import ServedService, served
from telemetry.events import RequestFinished

OPEN_METRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
EXAMPLE_OF_BROKEN = re.compile(
    r'^http_server_request_duration_seconds_bucket\{.*http_route="/broken".* # \{trace_id="(\w+)"\}', re.MULTILINE
)
SECRET = "canary-7f3a"  # noqa: S105 - what must be seen nowhere
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BANK = Upstream("bank", base_url_env="BANK_URL")


class Order(Model):
    total: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
    note: str = ""


class Receipt(BaseModel):
    id: str


async def pay(request: web.Request) -> Receipt:
    await store(request).list(Order)
    return await upstream(request, BANK).post("/charges", idempotency_key="k-1", json=Receipt(id="1"), expects=Receipt)


async def broken(_request: web.Request) -> None:
    raise ZeroDivisionError(SECRET)


SERVICE = Service(
    name="till",
    resources=[Resource(Order, path="/orders", read=ANYONE, write=ANYONE)],
    routes=[
        Route("POST", "/pay", pay, returns=Receipt, access=ANYONE),
        Route("GET", "/broken", broken, access=ANYONE),
    ],
    upstreams=[BANK],
)


@pytest.fixture(scope="module")
async def bank() -> AsyncIterator[FakeUpstream]:
    async with fake_upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
async def till(bank: FakeUpstream) -> AsyncIterator[ServedService]:
    async with served(SERVICE, environment={"BANK_URL": bank.url}) as running:
        yield running


async def ask(till: ServedService, method: str, path: str, **arguments: Any) -> str:
    """Send a request to the API and wait until it has ended; its id."""
    async with aiohttp.ClientSession(till.url) as session, session.request(method, path, **arguments) as answer:
        await answer.read()
        name = answer.headers["X-Request-ID"]
    await till.events.wait_for(RequestFinished, lambda event: event.request_id == name)
    return name


async def looked(till: ServedService, path: str, **query: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession(till.admin_url) as session, session.get(path, params=query) as answer:
        return answer.status, await answer.json(content_type=None)


async def looked_at(till: ServedService, name: str) -> Mapping[str, Any]:
    """The one request of this id."""
    _, document = await looked(till, f"/debug/requests/{name}")
    (found,) = document["requests"]
    shown: Mapping[str, Any] = found
    return shown


async def text(till: ServedService, path: str, **query: str) -> str:
    async with aiohttp.ClientSession(till.admin_url) as session, session.get(path, params=query) as answer:
        return await answer.text()


async def open_metrics(till: ServedService) -> str:
    async with (
        aiohttp.ClientSession(till.admin_url) as session,
        session.get("/metrics", headers=OPEN_METRICS) as answer,
    ):
        return await answer.text()


def tree(document: Mapping[str, Any]) -> list[tuple[int, str]]:
    return [(span["depth"], span["name"]) for span in document["spans"]]


async def test_a_read_is_shown_layer_by_layer(till: ServedService) -> None:
    name = await ask(till, "GET", "/orders?limit=5", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"})

    shown = await looked_at(till, name)

    assert (shown["method"], shown["route"], shown["status"], shown["outcome"]) == ("GET", "/orders", 200, "ok")
    assert (shown["request_id"], shown["trace_id"], shown["sampled"]) == (name, TRACE, False)
    assert tree(shown) == [
        (0, "GET /orders"),
        (1, "rate_limit"),
        (2, "gcra redis"),
        (1, "validate"),
        (1, "handler"),
        (2, "list postgres"),
    ]


async def test_an_upstream_is_told_the_span_that_is_shown_of_each_attempt(
    till: ServedService, bank: FakeUpstream
) -> None:
    bank.received.clear()
    bank.answers("POST", "/charges", status(503), json_answer({"id": "ch_1"}))
    state = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "congo=t61rcWkgMzE"}

    name = await ask(till, "POST", "/pay", headers=state)

    spans = (await looked_at(till, name))["spans"]
    (call,) = [span for span in spans if span["name"] == "write bank"]
    attempts = [span for span in spans if span["name"] == "POST"]
    sent = [one.headers for one in bank.received]
    assert [one["traceparent"] for one in sent] == [f"00-{TRACE}-{span['span_id']}-01" for span in attempts]
    assert {one["tracestate"] for one in sent} == {"congo=t61rcWkgMzE"}
    assert [span["attributes"].get("http.response.status_code") for span in attempts] == [503, 200]
    assert ([span["outcome"] for span in attempts], call["outcome"]) == (["error", "ok"], "ok")
    assert {span["depth"] for span in attempts} == {call["depth"] + 1}
    assert [(one["name"], one["attributes"]) for one in call["events"]] == [("retry", {"outcome": "ok"})]


async def test_a_bug_is_among_the_failed_with_its_type(till: ServedService) -> None:
    name = await ask(till, "GET", "/broken")

    _, document = await looked(till, "/debug/requests", kind="failed", route="/broken")

    newest = document["requests"][0]
    assert (newest["request_id"], newest["outcome"]) == (name, "error")
    assert newest["spans"][0]["attributes"]["error.type"] == "ZeroDivisionError"


async def test_an_example_on_a_histogram_leads_to_the_request_it_was_taken_from(till: ServedService) -> None:
    name = await ask(till, "GET", "/broken")

    traces = EXAMPLE_OF_BROKEN.findall(await open_metrics(till))
    found = [(await looked(till, f"/debug/requests/{trace}"))[1]["requests"][0] for trace in traces]

    assert name in [one["request_id"] for one in found]
    assert [(one["trace_id"], one["route"], one["status"]) for one in found] == [
        (trace, "/broken", 500) for trace in traces
    ]


async def test_the_newest_is_shown_first_and_no_more_than_asked_for(till: ServedService) -> None:
    names = [await ask(till, "GET", "/orders") for _ in range(3)]

    _, document = await looked(till, "/debug/requests", limit="2")

    assert [one["request_id"] for one in document["requests"]] == [names[2], names[1]]


async def test_the_slowest_come_in_their_order(till: ServedService) -> None:
    for _ in range(3):
        await ask(till, "GET", "/orders")

    _, document = await looked(till, "/debug/requests", kind="slowest", route="/orders")

    taken = [one["duration_ms"] for one in document["requests"]]
    assert len(taken) >= 3
    assert taken == sorted(taken, reverse=True)


async def test_a_person_reads_it_as_text(till: ServedService) -> None:
    name = await ask(till, "GET", "/orders", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"})

    lines = (await text(till, f"/debug/requests/{name}", **{"as": "text"})).splitlines()

    assert lines[0].startswith("GET /orders  200  ")
    assert lines[1].endswith(f"  request {name}  trace {TRACE}")
    assert any("█" in line and line.endswith("    list postgres") for line in lines)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"kind": "best"}, "kind"),
        ({"knd": "failed"}, "knd"),
        ({"limit": "0"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"as": "html"}, "as"),
    ],
)
async def test_what_cannot_be_shown_is_refused_with_the_reason(
    till: ServedService, query: dict[str, str], parameter: str
) -> None:
    code, problem = await looked(till, "/debug/requests", **query)

    assert (code, [one["parameter"] for one in problem["errors"]]) == (400, [parameter])


async def test_a_request_that_is_not_kept_is_a_404(till: ServedService) -> None:
    code, problem = await looked(till, "/debug/requests/nobody-s")

    assert (code, problem["type"]) == (404, "urn:mainstay:problem:not_found")


async def test_nothing_that_a_caller_sent_is_shown_but_its_ids(till: ServedService) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": SECRET, "Idempotency-Key": SECRET, "User-Agent": SECRET}
    asked = [
        ask(till, "POST", "/orders", json={"total": "1.00", "note": SECRET}),
        ask(till, "POST", "/orders", json={"total": SECRET, SECRET: 1}),
        ask(till, "GET", f"/orders/{SECRET}"),
        ask(till, "GET", f"/{SECRET}"),
        ask(till, "GET", f"/orders?note={SECRET}&{SECRET}=1"),
        ask(till, "GET", "/orders", headers=headers),
        ask(till, "GET", "/broken"),
    ]
    await asyncio.gather(*asked)

    kinds = ("last", "failed", "slowest")
    shown = [await text(till, "/debug/requests", kind=kind, limit="200") for kind in kinds]
    shown += [await text(till, "/debug/requests", kind=kind, limit="200", **{"as": "text"}) for kind in kinds]

    assert [one for one in shown if SECRET in one.lower()] == []

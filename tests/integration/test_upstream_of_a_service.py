"""A whole service that calls another one, as a team would test it: what its own callers get to see."""

from collections.abc import AsyncIterator
from decimal import Decimal

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel

from server import ANYONE, Route, Service, Upstream, upstream
from server.fake_upstream import FakeUpstream, Reply, breaking_off, fake_upstream, json_answer, silence, status
from server.settings import SettingsWrong
from server.testing import ServedService, served
from telemetry.events import DependencyCalled

STOCK = Upstream("stock", base_url_env="STOCK_URL")
UNDECLARED = Upstream("prices", base_url_env="PRICES_URL")
INTERNAL = b"psql: FATAL: password for stock_rw at db-7.internal"


class Level(BaseModel):
    left: Decimal


async def level(request: web.Request) -> Level:
    return await upstream(request, STOCK).get("/levels/{sku}", values={"sku": request.match_info["sku"]}, expects=Level)


async def order(request: web.Request) -> Level:
    return await upstream(request, STOCK).post("/orders", json=Level(left=Decimal(1)), expects=Level)


async def asked_for_prices(request: web.Request) -> None:
    await upstream(request, UNDECLARED).get("/", expects=bytes)


async def prices(request: web.Request) -> None:
    await asked_for_prices(request)  # where no check of the declaration looks


SERVICE = Service(
    name="window",
    routes=[
        Route("GET", "/levels/{sku}", level, returns=Level, access=ANYONE),
        Route("POST", "/orders", order, returns=Level, access=ANYONE),
        Route("GET", "/prices", prices, access=ANYONE),
    ],
    upstreams=[STOCK],
)


@pytest.fixture(scope="module")
async def stock() -> AsyncIterator[FakeUpstream]:
    async with fake_upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
async def window(stock: FakeUpstream) -> AsyncIterator[ServedService]:
    async with served(SERVICE, environment={"STOCK_URL": stock.url}, request_seconds=2) as running:
        for name in ("stock.reads", "stock.writes"):  # what one test makes of the upstream is not the next one's
            async with aiohttp.ClientSession(running.admin_url) as admin:
                await admin.put(f"/breakers/{name}", json={"state": "forced_closed"})
        yield running


async def asked(window: ServedService, method: str, path: str, **headers: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession(window.url) as session, session.request(method, path, headers=headers) as answer:
        assert INTERNAL not in await answer.read()
        return answer.status, await answer.json(content_type=None)


async def test_a_caller_s_trace_reaches_the_upstream(window: ServedService, stock: FakeUpstream) -> None:
    stock.answers("GET", "/levels/a%2Fb", json_answer({"left": "3.50"}))
    stock.answers("GET", "/levels/a/b", json_answer({"left": "3.50"}))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    found = await asked(
        window, "GET", "/levels/a%2Fb", traceparent=f"00-{trace}-00f067aa0ba902b7-01", **{"X-Request-ID": "mine"}
    )

    sent = stock.received[-1]
    assert found == (200, {"left": "3.50"})
    assert (sent.path, sent.headers["traceparent"][3:35], sent.headers["X-Request-ID"]) == (
        "/levels/a%2Fb",
        trace,
        "mine",
    )


@pytest.mark.parametrize(
    ("reply", "of_a_read", "of_a_write"),
    [
        (status(418, body=INTERNAL), "502 upstream_refused", "502 upstream_refused"),
        (status(500, body=INTERNAL), "502 upstream_failed", "502 upstream_failed"),
        (status(200, body=INTERNAL), "502 bad_gateway", "502 bad_gateway"),
        (status(503, body=INTERNAL), "503 unavailable", "503 unavailable"),
        (breaking_off, "503 unavailable", "503 outcome_unknown"),
        (status(429, body=INTERNAL), "503 overloaded", "503 overloaded"),
    ],
)
async def test_what_an_upstream_fails_at_is_told_without_its_words(
    window: ServedService, stock: FakeUpstream, reply: Reply, of_a_read: str, of_a_write: str
) -> None:
    stock.answers("GET", "/levels/x", reply)
    stock.answers("POST", "/orders", reply)

    answers = [await asked(window, "GET", "/levels/x"), await asked(window, "POST", "/orders")]

    assert [f"{status} {str(body['type']).rsplit(':', 1)[-1]}" for status, body in answers] == [of_a_read, of_a_write]
    assert not [body for _, body in answers if "stock" in str(body)]


async def test_the_deadline_of_the_caller_is_that_of_the_call(window: ServedService, stock: FakeUpstream) -> None:
    stock.answers("GET", "/levels/x", silence)
    window.events.forget()

    answer = await asked(window, "GET", "/levels/x", **{"Request-Timeout": "0.2"})

    ended = await window.events.wait_for(DependencyCalled, where=lambda event: event.dependency == "stock")
    assert (answer[0], ended.outcome != "ok", ended.duration_seconds < 2) == (504, True, True)
    assert float(stock.received[-1].headers["Request-Timeout"]) <= 0.2


async def test_an_upstream_the_service_does_not_declare_is_a_bug(window: ServedService) -> None:
    assert (await asked(window, "GET", "/prices"))[0] == 500


async def test_nothing_starts_without_knowing_where_an_upstream_is() -> None:
    with pytest.raises(SettingsWrong, match="STOCK_URL: is not set"):
        async with served(SERVICE):
            pass

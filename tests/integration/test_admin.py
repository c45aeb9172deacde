"""The admin port."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from middleware.inbound import inbound_of_admin
from middleware.inbound.protocol import Edge
from middleware.outbound.layer import Senses
from server.admin import Checks, admin_app
from server.breaker_routes import breaker_routes
from server.target_routes import target_routes
from telemetry.context import Identifier
from telemetry.deployment import Deployment
from telemetry.metrics import Metrics
from tests.integration.loopback import Caller, served
from tests.recorder import Recorder


class Dependencies:
    """Two things to check, as well as the test says."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.asked = 0
        self.both_asked = asyncio.Barrier(2)

    async def postgres(self) -> str | None:
        self.asked += 1
        return self.reason

    async def meets_other(self) -> str | None:
        await self.both_asked.wait()
        return None


async def well() -> str | None:
    return None


async def hanging() -> str | None:
    await asyncio.Event().wait()
    return None


async def broken() -> str | None:
    raise OSError("no route")


@pytest.fixture
async def dependencies() -> Dependencies:
    return Dependencies()


@pytest.fixture
async def call(dependencies: Dependencies, events: Recorder) -> AsyncIterator[Caller]:
    checks = Checks(
        started={"schema": well},
        ready={
            "postgres": dependencies.postgres,
            "one": dependencies.meets_other,
            "other": dependencies.meets_other,
        },
    )
    async with admin_served(checks, events) as caller:
        yield caller


def admin_served(checks: Checks, events: Recorder) -> AbstractAsyncContextManager[Caller]:
    identify = Identifier()
    app = admin_app(
        Metrics(Deployment(service="shop", version="1", environment="test")),
        checks,
        stack=inbound_of_admin(events, make_context=identify),
        routes=[*breaker_routes(Senses(observe=events).breakers), *target_routes([8081, 8082])],
    )
    return served(app, Edge(observe=events, make_context=identify))


async def test_the_index_lists_what_there_is(call: Caller) -> None:
    answer = await call("GET", "/")

    assert [line.split()[0] for line in answer.body.decode().splitlines()] == [
        "/livez",
        "/readyz",
        "/startupz",
        "/metrics",
        "/targets",
        "/breakers",
        "/debug/requests",
        "/log-level",
    ]


async def test_a_live_process_says_so_and_asks_no_dependency(call: Caller, dependencies: Dependencies) -> None:
    answer = await call("GET", "/livez")

    assert (answer.status, json.loads(answer.body), dependencies.asked) == (200, {"alive": True}, 0)


async def test_a_ready_service_says_of_each_check_that_it_is_well_and_asks_all_at_once(call: Caller) -> None:
    answer = await call("GET", "/readyz")

    assert (answer.status, answer.headers["Cache-Control"], json.loads(answer.body)) == (
        200,
        "no-store",
        {
            "ready": True,
            "degraded": [],
            "checks": {"postgres": {"ok": True}, "one": {"ok": True}, "other": {"ok": True}},
        },
    )


async def test_a_degraded_service_is_ready_and_says_what_it_does_without(events: Recorder) -> None:
    checks = Checks(started={}, ready={"serving": well}, noted={"postgres": well, "redis": broken})
    async with admin_served(checks, events) as call:
        answer = await call("GET", "/readyz")

    assert (answer.status, json.loads(answer.body)) == (
        200,
        {
            "ready": True,
            "degraded": ["redis"],
            "checks": {
                "serving": {"ok": True},
                "postgres": {"ok": True},
                "redis": {"ok": False, "reason": "OSError: no route"},
            },
        },
    )


async def test_a_service_that_is_not_ready_is_a_problem_that_says_why(call: Caller, dependencies: Dependencies) -> None:
    dependencies.reason = "draining"
    answer = await call("GET", "/readyz")

    document = json.loads(answer.body)
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert (document["type"], document["detail"], document["ready"], document["checks"]["postgres"]) == (
        "urn:mainstay:problem:unavailable",
        "Not ready: postgres.",
        False,
        {"ok": False, "reason": "draining"},
    )


async def test_a_started_service_says_so(call: Caller) -> None:
    answer = await call("GET", "/startupz")

    assert json.loads(answer.body) == {"started": True, "checks": {"schema": {"ok": True}}}


async def test_a_check_that_hangs_or_breaks_is_a_reason_and_not_a_failure(events: Recorder) -> None:
    checks = Checks(started={}, ready={"slow": hanging, "broken": broken, "well": well}, timeout_seconds=0.01)
    async with admin_served(checks, events) as call:
        answer = await call("GET", "/readyz")

    assert json.loads(answer.body)["checks"] == {
        "slow": {"ok": False, "reason": "no answer within 0.01 s"},
        "broken": {"ok": False, "reason": "OSError: no route"},
        "well": {"ok": True},
    }


async def test_the_metrics_come_as_classic_text(call: Caller) -> None:
    answer = await call("GET", "/metrics", headers={"Accept-Encoding": "identity"})

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# TYPE http_server_active_requests gauge\nhttp_server_active_requests 0.0\n" in answer.body


async def test_the_metrics_come_as_openmetrics_and_packed_for_who_asks(call: Caller) -> None:
    call.session._auto_decompress = False
    answer = await call(
        "GET", "/metrics", headers={"Accept": "application/openmetrics-text", "Accept-Encoding": "gzip"}
    )

    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert gzip.decompress(answer.body).endswith(b"# EOF\n")


async def test_the_ports_of_all_workers_are_listed_at_the_host_one_has_reached_this_one_by(call: Caller) -> None:
    named = await call("GET", "/targets", headers={"Host": "127.0.0.2:8081"})
    sixth = await call("GET", "/targets", headers={"Host": "[::1]:8081"})

    assert json.loads(named.body) == [{"targets": ["127.0.0.2:8081", "127.0.0.2:8082"], "labels": {}}]
    assert json.loads(sixth.body) == [{"targets": ["[::1]:8081", "[::1]:8082"], "labels": {}}]


async def test_failures_here_are_problems_too(call: Caller) -> None:
    answers = [await call("GET", "/nope"), await call("POST", "/metrics")]

    assert [(answer.status, answer.headers["Content-Type"]) for answer in answers] == [
        (404, "application/problem+json"),
        (405, "application/problem+json"),
    ]


async def test_what_the_admin_port_is_asked_is_not_counted_with_the_service_s_requests(
    call: Caller, events: Recorder
) -> None:
    await call("GET", "/livez")
    await call("GET", "/nope")

    assert events.events == []

"""The circuit breakers on the admin port."""

import json
from collections.abc import AsyncIterator

import pytest

from middleware.inbound import inbound_of_admin
from middleware.inbound.protocol import Edge
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from server.admin import Checks, admin_app
from server.breaker_routes import breaker_routes
from telemetry.context import Identifier
from telemetry.deployment import Deployment
from telemetry.metrics import Metrics
from tests.integration.loopback import Caller, served
from tests.recorder import Recorder


@pytest.fixture
async def call(events: Recorder) -> AsyncIterator[Caller]:
    senses = Senses(observe=events)
    senses.breakers.of(PoolPolicy().reads("postgres"))
    senses.breakers.of(PoolPolicy().writes("postgres"))
    identify = Identifier()
    checks = Checks(started={}, ready={})
    app = admin_app(
        Metrics(Deployment(service="shop", version="1", environment="test")),
        checks,
        stack=inbound_of_admin(events, make_context=identify),
        routes=breaker_routes(senses.breakers),
    )
    async with served(app, Edge(observe=events, make_context=identify)) as caller:
        yield caller


async def test_the_breakers_are_shown_by_name(call: Caller) -> None:
    answer = await call("GET", "/breakers")

    assert (answer.status, json.loads(answer.body)) == (
        200,
        {"breakers": {"postgres.reads": "closed", "postgres.writes": "closed"}},
    )


@pytest.mark.parametrize(
    ("wanted", "state"), [("forced_open", "forced_open"), ("forced_closed", "forced_closed"), ("auto", "closed")]
)
async def test_a_person_can_force_one(call: Caller, wanted: str, state: str) -> None:
    answer = await call("PUT", "/breakers/postgres.reads", data=json.dumps({"state": wanted}))

    assert (answer.status, json.loads(answer.body)["breakers"]) == (
        200,
        {"postgres.reads": state, "postgres.writes": "closed"},
    )


async def test_a_breaker_that_is_not_there_is_a_404_that_names_those_there_are(call: Caller) -> None:
    answer = await call("PUT", "/breakers/mysql", data='{"state": "auto"}')

    assert (answer.status, "postgres.reads" in json.loads(answer.body)["detail"]) == (404, True)


@pytest.mark.parametrize(("body", "status"), [("{", 400), ('{"state": "ajar"}', 422), ("{}", 422)])
async def test_what_cannot_be_understood_is_refused(call: Caller, body: str, status: int) -> None:
    answer = await call("PUT", "/breakers/postgres.reads", data=body)

    assert answer.status == status

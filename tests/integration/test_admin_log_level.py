"""The log's level on the admin port."""

import json
from collections.abc import AsyncIterator

import pytest

from middleware.inbound import inbound_of_admin
from middleware.inbound.protocol import Edge
from server.admin import Checks, admin_app
from server.level_switch import LevelSwitch
from server.log_level_routes import log_level_routes
from telemetry.context import Identifier
from telemetry.deployment import Deployment
from telemetry.events import LogLevelChanged
from telemetry.log_format import json_lines
from telemetry.logs import Logs
from telemetry.metrics import Metrics
from tests.integration.loopback import Caller, served
from tests.recorder import Recorder


class Nowhere:
    def write(self, line: bytes) -> None:
        """Forget it."""


@pytest.fixture
async def call(events: Recorder) -> AsyncIterator[Caller]:
    logs = Logs(json_lines(Deployment(service="shop", version="1", environment="test")), Nowhere())
    identify = Identifier()
    app = admin_app(
        Metrics(Deployment(service="shop", version="1", environment="test")),
        Checks(started={}, ready={}),
        stack=inbound_of_admin(events, make_context=identify),
        routes=log_level_routes(LevelSwitch(logs, events)),
    )
    async with served(app, Edge(observe=events, make_context=identify)) as caller:
        yield caller


async def test_the_level_is_shown(call: Caller) -> None:
    answer = await call("GET", "/log-level")

    assert (answer.status, json.loads(answer.body)) == (
        200,
        {"level": "info", "configured": "info", "seconds_left": 0},
    )


async def test_a_person_can_turn_it_for_good(call: Caller, events: Recorder) -> None:
    answer = await call("PUT", "/log-level", data='{"level": "debug"}')

    assert json.loads(answer.body) == {"level": "debug", "configured": "info", "seconds_left": 0}
    assert events.of(LogLevelChanged) == [LogLevelChanged(level="debug")]


async def test_a_person_can_turn_it_for_a_moment(call: Caller, events: Recorder) -> None:
    answer = await call("PUT", "/log-level", data='{"level": "debug", "seconds": 0.05}')
    await events.wait_for(LogLevelChanged, lambda change: change.level == "info")
    after = await call("GET", "/log-level")

    assert (json.loads(answer.body)["level"], json.loads(after.body)["level"]) == ("debug", "info")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("debug", 400),
        ('{"level": "loud"}', 422),
        ('{"level": "debug", "seconds": -1}', 422),
        ('{"level": "debug", "seconds": 1e9}', 422),
        ('{"seconds": 5}', 422),
        ('{"level": "debug", "minutes": 5}', 422),
    ],
)
async def test_what_cannot_be_meant_changes_nothing(call: Caller, events: Recorder, body: str, status: int) -> None:
    answer = await call("PUT", "/log-level", data=body)

    assert (answer.status, events.of(LogLevelChanged)) == (status, [])

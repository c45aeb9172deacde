"""The real process with a Sentry beside it: a bug is reported once, with nothing private, and costs callers nothing."""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from tests.acceptance.service_process import ServiceProcess, service
from tests.acceptance.test_private_values import CANARIES, CANARY, CLINIC, text_of
from tests.integration.processes import until
from tests.sentry_sink import sentry_sink

BUGS = 50


async def test_a_bug_is_reported_once_and_leads_to_the_request_it_was_found_by(data_dir: Path) -> None:
    with sentry_sink() as sink:
        data_dir.mkdir(mode=0o700)
        async with service(CLINIC, data_dir / "data", SENTRY_DSN=sink.dsn, ENVIRONMENT="staging") as running:
            answers = [await slip(running) for _ in range(BUGS)]
            event = await sink.event()
            outcomes = await outcomes_of(running)
        log = running.log.read_text()

    first_trace = answers[0].headers["traceparent"].split("-")[1]
    assert [answer.status for answer in answers] == [500] * BUGS
    assert len(sink.envelopes) == 1
    assert outcomes.items() >= {"rate_limited": BUGS - 1, "dropped": 0, "failed": 0}.items()
    assert (event["environment"], event["release"], event["transaction"]) == ("staging", "clinic@1.0.0", "POST /slip")
    assert event["contexts"]["trace"]["trace_id"] == first_trace
    assert event["tags"]["request_id"] == answers[0].headers["X-Request-ID"]
    assert first_trace in log
    assert event["exception"]["values"][-1]["value"] == "nobody knows '[private]'"
    innermost = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert (innermost["filename"], innermost["function"], innermost["in_app"]) == ("clinic.py", "slip", True)
    assert "server_name" not in event
    assert [canary for canary in (*CANARIES, str(data_dir), "canarykey") if canary in sink.envelopes[0].decode()] == []


async def test_a_sentry_that_hangs_costs_callers_nothing_and_a_stop_two_seconds_at_most(data_dir: Path) -> None:
    with sentry_sink() as sink:
        sink.goes_on.clear()
        data_dir.mkdir(mode=0o700)
        async with service(CLINIC, data_dir / "data", SENTRY_DSN=sink.dsn) as running:
            answers = await asyncio.gather(*(slip(running) for _ in range(BUGS)))
            await until(lambda: len(sink.requests) == 1)
            quiet = await text_of(f"{running.base_url}/openapi.json")
            began = time.monotonic()
            code = await running.stop()
            seconds = time.monotonic() - began

    assert {answer.status for answer in answers} == {500}
    assert orjson.loads(quiet)["openapi"].startswith("3.1")
    assert (code, seconds < 10) == (0, True)


async def test_a_sentry_that_is_not_there_is_said_once(data_dir: Path) -> None:
    with sentry_sink() as gone:
        dsn = gone.dsn
    data_dir.mkdir(mode=0o700)
    async with service(CLINIC, data_dir / "data", SENTRY_DSN=dsn) as running:
        status = (await slip(running)).status
        await until(lambda: "reporting_changed" in running.log.read_text())
        outcomes = await outcomes_of(running)

    lines = [orjson.loads(line) for line in running.log.read_text().splitlines()]
    told = [line["message"] for line in lines if line["event"] == "reporting_changed"]
    assert (status, told) == (500, ["reports of bugs are not taken: ConnectionRefusedError"])
    assert outcomes == {"sent": 0, "rate_limited": 0, "dropped": 0, "failed": 1}
    assert "canarykey" not in running.log.read_text()


async def slip(running: ServiceProcess) -> aiohttp.ClientResponse:
    """Have the service make its mistake."""
    asked: dict[str, Any] = {"json": {"about": CANARY}, "headers": {"Cookie": f"a={CANARY!r}"}}
    async with aiohttp.ClientSession(running.base_url) as client, client.post("/slip", **asked) as answer:
        await answer.read()
        return answer


async def outcomes_of(running: ServiceProcess) -> dict[str, int]:
    """What became of reports, as the metrics have it."""
    metrics = await text_of(f"{running.admin_url}/metrics")
    found = re.findall(r'^sentry_events_total\{outcome="(\w+)"\} (\d+)', metrics, re.MULTILINE)
    return {outcome: int(count) for outcome, count in found}

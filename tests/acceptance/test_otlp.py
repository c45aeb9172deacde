"""The real process with a collector of traces beside it: it gets what is worth having, and costs callers nothing."""

import asyncio
import os
import re
import sys
import time
from pathlib import Path

import aiohttp
import orjson

from tests.acceptance.service_process import ServiceProcess, service
from tests.integration.processes import until
from tests.otlp_sink import otlp_sink

SERVED = Path(__file__).with_name("traced_service.py")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
CANARY = "canary-7f3a"


async def ask(running: ServiceProcess, path: str, *, sampled: bool | None = None) -> aiohttp.ClientResponse:
    """Send a request; in a trace of its caller's where that says whether it is sampled."""
    flags = {True: "01", False: "00"}
    headers = (
        {} if sampled is None else {"traceparent": f"00-{TRACE}-{CALLER}-{flags[sampled]}", "tracestate": "congo=1"}
    )
    async with aiohttp.ClientSession(running.base_url, headers=headers) as client, client.get(path) as answer:
        await answer.read()
        return answer


async def exports_of(running: ServiceProcess) -> dict[str, int]:
    """What became of requests that were to be sent, as the metrics have it."""
    async with aiohttp.ClientSession(running.admin_url) as client, client.get("/metrics") as answer:
        text = await answer.text()
    found = re.findall(r'^trace_exports_total\{outcome="(\w+)"\} (\d+)', text, re.MULTILINE)
    return {outcome: int(count) for outcome, count in found}


async def test_a_sampled_request_comes_with_its_spans(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    headers = f"authorization=Bearer%20{CANARY}"
    with otlp_sink() as sink:
        settings = {"OTLP_ENDPOINT": sink.url, "OTLP_HEADERS": headers, "ENVIRONMENT": "staging", "TRACE_SAMPLE": "0"}
        async with service(SERVED, data_dir / "data", **settings) as running:
            await ask(running, f"/notes?limit=5&cursor={CANARY}", sampled=True)
            answer = await ask(running, "/notes?limit=5", sampled=True)
            root = await sink.span(answer.headers["traceparent"].split("-")[2])
            outcomes = await exports_of(running)
        log = running.log.read_text()

    assert (root.name, root.kind, root.trace_id, root.parent_id, root.state) == (
        "GET /notes",
        "server",
        TRACE,
        CALLER,
        "congo=1",
    )
    assert root.attributes.items() >= {"http.route": "/notes", "http.response.status_code": 200}.items()
    assert (
        root.resource.items()
        >= {
            "service.name": "traced",
            "service.version": "2.1.0",
            "deployment.environment.name": "staging",
        }.items()
    )
    (handler,) = [one for one in sink.below(root) if one.name == "handler"]
    (read,) = sink.below(handler)
    assert (read.name, read.kind, read.attributes["db.system.name"]) == ("list postgres", "client", "postgresql")
    assert 0 < read.seconds <= handler.seconds <= root.seconds
    assert set(sink.paths) == {"/v1/traces"}
    assert {one["authorization"] for one in sink.headers} == {f"Bearer {CANARY}"}
    assert (outcomes["dropped"], outcomes["failed"]) == (0, 0)
    assert CANARY not in log
    assert CANARY.encode() not in sink.raw


async def test_of_requests_that_are_not_sampled_those_that_failed_come(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with otlp_sink() as sink:
        settings = {"OTLP_ENDPOINT": f"{sink.url}/", "TRACE_SAMPLE": "0", "LOG_SLOW_SECONDS": "60"}
        async with service(SERVED, data_dir / "data", **settings) as running:
            await ask(running, "/notes", sampled=False)
            await ask(running, "/notes")
            await ask(running, "/broken", sampled=False)
            broken = await sink.named("GET /broken")

    assert (broken.is_error, broken.attributes["error.type"], broken.events) == (True, "LookupError", ("exception",))
    assert (broken.trace_id, broken.parent_id) == (TRACE, CALLER)
    assert [one for one in sink.spans if one.name == "GET /notes"] == []


async def test_of_requests_that_are_not_sampled_the_slow_come(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with otlp_sink() as sink:
        settings = {"OTLP_ENDPOINT": sink.url, "TRACE_SAMPLE": "0", "LOG_SLOW_SECONDS": "0.00001"}
        async with service(SERVED, data_dir / "data", **settings) as running:
            await ask(running, "/notes")
            slow = await sink.named("GET /notes")

    assert (slow.is_error, slow.seconds > 0.00001, slow.parent_id) == (False, True, "")


async def test_of_traces_that_begin_here_the_part_asked_for_is_sampled(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with otlp_sink() as sink:
        async with service(SERVED, data_dir / "data", OTLP_ENDPOINT=sink.url, TRACE_SAMPLE="1") as running:
            answer = await ask(running, "/notes")
            root = await sink.named("GET /notes")

    _, trace_id, span_id, flags = answer.headers["traceparent"].split("-")
    assert (root.trace_id, root.span_id, flags) == (trace_id, span_id, "01")


async def test_a_collector_that_hangs_costs_callers_nothing_and_a_stop_no_more_than_seconds(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with otlp_sink() as sink:
        sink.goes_on.clear()
        async with service(SERVED, data_dir / "data", OTLP_ENDPOINT=sink.url, TRACE_SAMPLE="1") as running:
            answers = await asyncio.gather(*(ask(running, "/notes") for _ in range(50)))
            await until(lambda: len(sink.paths) == 1)
            later = await asyncio.gather(*(ask(running, "/notes") for _ in range(50)))
            began = time.monotonic()
            code = await running.stop()
            seconds = time.monotonic() - began

    assert {answer.status for answer in (*answers, *later)} == {200}
    assert (code, seconds < 12) == (0, True)


async def test_a_collector_that_is_not_there_is_said_once_and_counted(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with otlp_sink() as gone:
        url = gone.url
    async with service(SERVED, data_dir / "data", OTLP_ENDPOINT=url, TRACE_SAMPLE="1") as running:
        answer = await ask(running, "/notes")
        await until(lambda: "trace_export_changed" in running.log.read_text())
        outcomes = await exports_of(running)

    lines = [orjson.loads(line) for line in running.log.read_text().splitlines()]
    told = [line["message"] for line in lines if line["event"] == "trace_export_changed"]
    assert (answer.status, len(told)) == (200, 1)
    assert told[0].startswith("the collector of traces does not take them: ")
    assert outcomes == {"exported": 0, "dropped": 0, "failed": 1}
    assert [line for line in lines if line["event"] == "library_logged"] == []


async def test_without_the_library_the_start_says_what_to_install() -> None:
    program = "import sys; sys.modules['opentelemetry'] = None; from server.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "serve", str(SERVED)),
        env={**os.environ, "MAINSTAY_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()

    assert process.returncode != 0
    assert b"MAINSTAY_OTLP_ENDPOINT needs OpenTelemetry's SDK: pip install 'mainstay[otlp]'" in said

"""Which events become lines, and how those look."""

from dataclasses import replace

import orjson
import pytest

from telemetry.deployment import Deployment
from telemetry.events import (
    AccountActed,
    AccountOperation,
    AccountOutcome,
    AcquireTimedOut,
    BreakerChanged,
    BulkheadRejected,
    CertificateAged,
    CertificateChanged,
    ClientDisconnected,
    ConnectionAcquired,
    ConnectionDropped,
    ConnectionOpened,
    ConnectionReleased,
    DependencyCalled,
    DrainBegan,
    EmbeddedExited,
    EmbeddedStarted,
    Event,
    GarbageCollected,
    LibraryLogged,
    LogLevel,
    RedisRefused,
    ReloadEnded,
    RequestCutOff,
    RequestFinished,
    RequestMalformed,
    RequestStarted,
    Retried,
    SchemaApplied,
    SchemaAwaited,
    SecretExposed,
    ServedAsSuperuser,
    ServiceStarted,
    ServiceStopped,
    SettingUnknown,
    StatementsPrimed,
    WorkerEnded,
    WorkerNotStarted,
    WorkerStarted,
)
from telemetry.log_format import json_lines
from telemetry.log_lines import NEVER_A_LINE, line_of
from telemetry.logs import LogPolicy, Logs
from telemetry.terminal_lines import human_lines
from tests.told_bug import CAUGHT, TRACEBACK

SHOP = Deployment(service="shop", version="1.2.3", environment="staging")
NOON_SECONDS = 1_795_262_400.25


class Lines:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.written.append(line)


def finished(status: int = 200) -> RequestFinished:
    return RequestFinished(
        method="GET",
        route="/products/{id}",
        status=status,
        duration_seconds=0.0012345678,
        request_id="r-1",
        trace_id="t-1",
    )


def called(outcome: str, error_type: str, cause: str = "") -> DependencyCalled:
    return DependencyCalled(
        dependency="postgres",
        operation="products.read",
        outcome=outcome,  # type: ignore[arg-type]  # the cases below are its words
        error_type=error_type,
        duration_seconds=0.5,
        cause=cause,
    )


def json_of(event: Event) -> object:
    lines = Lines()
    Logs(json_lines(SHOP), lines, policy=LogPolicy(level="debug"), now=lambda: NOON_SECONDS)(event)
    (line,) = lines.written
    return orjson.loads(line)


def test_a_line_of_a_worker_says_which_it_is() -> None:
    lines = Lines()

    Logs(json_lines(replace(SHOP, worker=0)), lines, now=lambda: NOON_SECONDS)(ServiceStopped(service="shop"))

    assert [orjson.loads(line)["worker"] for line in lines.written] == [0]


def test_a_refused_request_is_one_line_with_all_that_is_known_and_no_value() -> None:
    refused = replace(
        finished(422),
        span_id="s-1",
        stages=(("validate", 0.00012), ("postgres", 0.0017)),
        credential_id="k-1",
        subject="5d41402abc4b2a76",
        tenant="7d793037a0760186",
        network="192.0.2.0",
        error_type="invalid",
        faults=("missing /author", "extra_forbidden /*"),
        cache="stale_if_error",
        idempotency="stored",
        retries=2,
        degraded=("stale_answer", "local_limits"),
    )

    assert json_of(refused) == {
        "timestamp": "2026-11-21T12:00:00.250000Z",
        "level": "info",
        "message": "422 GET /products/{id}",
        "event": "request_finished",
        "service.name": "shop",
        "service.version": "1.2.3",
        "deployment.environment.name": "staging",
        "http.request.method": "GET",
        "http.route": "/products/{id}",
        "http.response.status_code": 422,
        "outcome": "rejected",
        "duration_seconds": 0.001235,
        "request_id": "r-1",
        "trace_id": "t-1",
        "stage.validate_seconds": 0.00012,
        "stage.postgres_seconds": 0.0017,
        "span_id": "s-1",
        "credential.id": "k-1",
        "user.hash": "5d41402abc4b2a76",
        "tenant.hash": "7d793037a0760186",
        "client.address": "192.0.2.0",
        "error.type": "invalid",
        "error.faults": ["missing /author", "extra_forbidden /*"],
        "cache.result": "stale_if_error",
        "idempotency.outcome": "stored",
        "retries": 2,
        "degraded": ["stale_answer", "local_limits"],
    }


@pytest.mark.parametrize(
    ("status", "error_type", "outcome"),
    [
        (204, "", "ok"),
        (304, "", "ok"),
        (404, "not_found", "rejected"),
        (429, "rate_limited", "rejected"),
        (408, "request_timeout", "timeout"),
        (500, "internal", "error"),
        (503, "unavailable", "error"),
        (503, "overloaded", "rejected"),
        (504, "timeout", "timeout"),
    ],
)
def test_the_outcome_of_a_request_is_one_of_four_words(status: int, error_type: str, outcome: str) -> None:
    line = line_of(replace(finished(status), error_type=error_type))

    assert line is not None
    assert line.fields["outcome"] == outcome


def test_an_answered_request_is_one_line_of_json() -> None:
    assert json_of(finished()) == {
        "timestamp": "2026-11-21T12:00:00.250000Z",
        "level": "info",
        "message": "200 GET /products/{id}",
        "event": "request_finished",
        "service.name": "shop",
        "service.version": "1.2.3",
        "deployment.environment.name": "staging",
        "http.request.method": "GET",
        "http.route": "/products/{id}",
        "http.response.status_code": 200,
        "outcome": "ok",
        "duration_seconds": 0.001235,
        "request_id": "r-1",
        "trace_id": "t-1",
    }


def test_a_bug_is_one_line_with_its_traceback() -> None:
    assert json_of(CAUGHT) == {
        "timestamp": "2026-11-21T12:00:00.250000Z",
        "level": "error",
        "message": "KeyError at /pay",
        "event": "exception_caught",
        "service.name": "shop",
        "service.version": "1.2.3",
        "deployment.environment.name": "staging",
        "exception.type": "KeyError",
        "exception.fingerprint": "f00d",
        "http.request.method": "POST",
        "http.route": "/pay",
        "request_id": "r-1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331",
        "exception.stacktrace": TRACEBACK,
    }


def acted(operation: AccountOperation, outcome: AccountOutcome) -> AccountActed:
    return AccountActed(
        operation=operation, outcome=outcome, account_id="a", session_id="s", request_id="r", trace_id="t"
    )


@pytest.mark.parametrize(
    ("event", "level", "message"),
    [
        (finished(404), "info", "404 GET /products/{id}"),
        (finished(503), "warning", "503 GET /products/{id}"),
        (
            ClientDisconnected(method="GET", route="/a", duration_seconds=1, request_id="r", trace_id="t"),
            "info",
            "the caller left before its answer: GET /a",
        ),
        (
            RequestCutOff(method="GET", route="/a", duration_seconds=1, request_id="r", trace_id="t"),
            "warning",
            "stopped before a request was answered: GET /a",
        ),
        (
            RequestMalformed(error_type="LineTooLong", request_id="r", trace_id="t"),
            "info",
            "refused bytes that are no HTTP request we read (LineTooLong)",
        ),
        (called("error", "unavailable"), "warning", "postgres products.read: error (unavailable)"),
        (
            called("error", "unavailable", "OperationalError"),
            "warning",
            "postgres products.read: error (unavailable: OperationalError)",
        ),
        (called("timeout", "timeout"), "warning", "postgres products.read: timeout (timeout)"),
        (called("error", "conflict"), "debug", "postgres products.read: error (conflict)"),
        (ConnectionOpened(pool="reads", duration_seconds=0.1), "debug", "reads: connection opened"),
        (ConnectionDropped(pool="reads", reason="broken"), "warning", "reads: connection dropped, broken"),
        (ConnectionDropped(pool="reads", reason="expired"), "debug", "reads: connection dropped, expired"),
        (called("rejected", "breaker_open"), "debug", "postgres products.read: rejected (breaker_open)"),
        (BreakerChanged(name="redis", state="open"), "warning", "redis: the circuit breaker is open"),
        (BreakerChanged(name="redis", state="half_open"), "info", "redis: the circuit breaker is half_open"),
        (Retried(target="postgres.reads", outcome="ok"), "debug", "postgres.reads: tried again, well"),
        (BulkheadRejected(name="redis", waited_seconds=0.25), "debug", "redis: no room after 0.250 s"),
        (AcquireTimedOut(pool="reads", waited_seconds=0.25), "warning", "reads: no connection within 0.250 s"),
        (CertificateChanged(), "info", "new connections use the renewed certificate"),
        (
            CertificateChanged(fault="x is no key"),
            "error",
            "the renewed certificate cannot be used, the last one goes on: x is no key",
        ),
        (
            GarbageCollected(generation=2, pause_seconds=0.25),
            "warning",
            "the garbage collector held everything up for 0.250 s",
        ),
        (CertificateAged(left_seconds=216_000.0), "warning", "the TLS certificate expires in 2.5 days"),
        (
            CertificateAged(left_seconds=-216_000.0),
            "error",
            "the TLS certificate has expired 2.5 days ago: callers refuse it",
        ),
        (
            EmbeddedStarted(program="postgres", pid=7, duration_seconds=1),
            "info",
            "embedded postgres accepts connections",
        ),
        (
            EmbeddedExited(program="valkey", exit_code=-9, restarting=True),
            "error",
            "embedded valkey ended with -9, restarting",
        ),
        (EmbeddedExited(program="valkey", exit_code=0, restarting=False), "info", "embedded valkey ended with 0"),
        (
            SecretExposed(variable="MAINSTAY_TLS_KEY", path="/run/key.pem", mode="0644"),
            "warning",
            "MAINSTAY_TLS_KEY: every account may read /run/key.pem (mode 0644); 0400 is enough",
        ),
        (
            ServedAsSuperuser(role="postgres"),
            "warning",
            "requests are served as postgres, a superuser: a role of its own needs far less, see --grant",
        ),
        (RedisRefused(reason="no TLS there"), "error", "Redis is done without: no TLS there"),
        (acted("sign_in", "refused"), "info", "sign_in refused"),
        (acted("refresh", "reused"), "warning", "refresh reused"),
        (SchemaApplied(steps=3, duration_seconds=0.5), "info", "schema brought up to date in 3 steps"),
        (
            SettingUnknown(variable="MAINSTAY_PROT", meant="MAINSTAY_PORT"),
            "warning",
            "MAINSTAY_PROT has no effect: there is no such setting; did you mean MAINSTAY_PORT?",
        ),
        (
            SettingUnknown(variable="MAINSTAY_XYZZY"),
            "warning",
            "MAINSTAY_XYZZY has no effect: there is no such setting",
        ),
        (SchemaAwaited(reason="no tables"), "warning", "waits for a migration: no tables"),
        (SchemaApplied(steps=1, duration_seconds=0.5), "info", "schema brought up to date in 1 step"),
        (LibraryLogged(logger="asyncio", level="error", message="lost", traceback=""), "error", "lost"),
        (
            StatementsPrimed(made=30, prepared=25, is_whole=True, duration_seconds=0.1),
            "debug",
            "30 statements are made and 25 prepared",
        ),
        (
            StatementsPrimed(made=30, prepared=25, is_whole=False, duration_seconds=0.5),
            "info",
            "30 statements are made and 25 prepared; there was no time for the others, which are made when asked for",
        ),
        (
            ServiceStarted(service="shop", url="http://a", admin_url="http://b", duration_seconds=1),
            "info",
            "shop answers at http://a, admin at http://b",
        ),
        (WorkerStarted(number=1, pid=7), "info", "worker 1 started"),
        (
            WorkerEnded(number=1, pid=7, exit_code=-9, pause_seconds=0.25),
            "error",
            "worker 1 ended with -9, another in 0.2 s",
        ),
        (
            WorkerNotStarted(number=1, reason="no process can be made (Cannot allocate memory)", pause_seconds=2.0),
            "error",
            "no worker 1, another try in 2.0 s: no process can be made (Cannot allocate memory)",
        ),
        (ReloadEnded(replaced=2, workers=2, reason=""), "info", "all 2 workers are replaced"),
        (
            ReloadEnded(replaced=0, workers=2, reason="no file"),
            "error",
            "nothing is replaced, all 2 workers go on: no file",
        ),
        (
            ReloadEnded(replaced=1, workers=2, reason="no memory"),
            "error",
            "1 of 2 workers are replaced, the others go on: no memory",
        ),
        (DrainBegan(service="shop", delay_seconds=0), "info", "shop finishes what is under way and stops"),
        (ServiceStopped(service="shop"), "info", "shop stopped"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_an_event_worth_a_line_has_its_level_and_its_words(event: Event, level: LogLevel, message: str) -> None:
    line = line_of(event)

    assert line is not None
    assert (line.level, line.message) == (level, message)


@pytest.mark.parametrize(
    "event",
    [
        RequestStarted(method="GET", route="/a"),
        ConnectionAcquired(pool="reads", wait_seconds=0),
        ConnectionReleased(pool="reads", use_seconds=0),
        called("ok", ""),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_happens_all_the_time_and_well_is_worth_no_line(event: Event) -> None:
    assert line_of(event) is None


@pytest.mark.parametrize("kind", NEVER_A_LINE, ids=lambda kind: kind.__name__)
def test_what_is_never_worth_a_line_is_not_even_read(kind: type[Event]) -> None:
    event = kind.__new__(kind)

    assert (line_of(event), Logs(json_lines(SHOP), Lines()).reader_of(event)) == (None, None)


def test_lines_below_the_level_are_neither_written_nor_counted() -> None:
    lines = Lines()
    logs = Logs(json_lines(SHOP), lines, policy=LogPolicy(level="warning"))
    for status in (200, 200, 500):
        logs(finished(status))
    logs(CAUGHT)

    assert len(lines.written) == 2
    assert logs.lines == {"debug": 0, "info": 0, "warning": 1, "error": 1}


def test_a_person_reads_words() -> None:
    line = line_of(finished())
    assert line is not None

    clock, _, rest = human_lines(coloured=False)(line, NOON_SECONDS).decode().partition(" ")

    assert (len(clock), rest) == (8, "info    200 GET /products/{id} 1.2 ms r-1\n")


def test_a_person_reads_why_a_request_was_refused_or_slow() -> None:
    refused = replace(finished(422), error_type="invalid", faults=("missing /author", "extra_forbidden /*"))
    slow = replace(finished(), duration_seconds=2.5, degraded=("stale_answer",))
    read = []
    for event in (refused, slow):
        line = line_of(event)
        assert line is not None
        read.append(human_lines(coloured=False)(line, NOON_SECONDS).decode().partition(" ")[2])

    assert read == [
        "info    422 GET /products/{id} (invalid; missing /author, extra_forbidden /*) 1.2 ms r-1\n",
        "info    200 GET /products/{id} (stale_answer) 2.50 s r-1\n",
    ]


def test_a_person_reads_a_traceback_on_lines_of_its_own() -> None:
    line = line_of(CAUGHT)
    assert line is not None

    text = human_lines(coloured=False)(line, NOON_SECONDS).decode()

    assert text.split(" ", 1)[1] == f"error   KeyError at /pay r-1\n{TRACEBACK}"


def test_colours_are_for_those_who_see_them() -> None:
    line = line_of(finished(500))
    assert line is not None

    painted = human_lines(coloured=True)(line, NOON_SECONDS)
    assert b"\x1b[33mwarning\x1b[0m \x1b[31m500\x1b[0m GET" in painted


def test_words_that_utf_8_cannot_carry_still_make_a_line() -> None:
    event = LibraryLogged(logger="a", level="warning", message="odd \udcff", traceback="")

    assert json_of(event) == {
        "timestamp": "2026-11-21T12:00:00.250000Z",
        "level": "warning",
        "message": "odd \\udcff",
        "event": "library_logged",
        "service.name": "shop",
        "service.version": "1.2.3",
        "deployment.environment.name": "staging",
        "logger": "a",
    }

"""Requests: how many, how they end, how long they take, and which route it is."""

from telemetry.catalogue import outbound_rows, process_rows, request_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Column, Row, Table, falling, rising
from telemetry.render.dashboards.panels import ask, heat, number, quantiles, stack, table, trend

REQUESTS = request_rows.HTTP_REQUEST_DURATION
FAILED = 'http_response_status_code=~"5.."'
CLASSES = f"""sum by (class) (label_replace({x.rate(REQUESTS, "http_response_status_code")},
  "class", "${{1}}xx", "http_response_status_code", "(.).."))"""

SHARE_LEVELS = rising(warn=0.001, bad=0.01)
"""A tenth of a percent is what an objective of 99.9 % allows; at one percent everybody notices."""

SECONDS_LEVELS = rising(warn=0.25, bad=1.0)
"""After a second a person's flow of thought breaks (Nielsen, Usability Engineering, 1993); a quarter of it is ours."""


def service_board() -> Board:
    """The board to open first after the objectives: rate, errors, duration."""
    return Board(
        name="service",
        title="Requests",
        description="Rate, errors and duration of requests: of all of them, then route by route.",
        rows=(_served(), _endings(), _durations(), _routes(), _causes()),
    )


def _served() -> Row:
    rate = x.rate(REQUESTS)
    return Row(
        question="Are callers being served?",
        panels=(
            number("Requests", "Requests answered a second.", unit="reqps", expr=rate),
            number(
                "Failed",
                "Share of answers that were 5xx. The way on leads to what may have failed.",
                unit="percentunit",
                expr=x.share(x.rate(REQUESTS, where=FAILED), rate),
                levels=SHARE_LEVELS,
            ).leading_to("resilience"),
            number(
                "p99",
                "99 of 100 answers took no longer than this.",
                unit="s",
                expr=x.quantile(0.99, REQUESTS),
                levels=SECONDS_LEVELS,
            ),
            number(
                "At work",
                "Requests that have arrived and are not answered yet.",
                unit="short",
                expr=x.gauge(request_rows.HTTP_ACTIVE_REQUESTS),
            ),
            number(
                "Processes up",
                "Share of the processes Prometheus knows that answer it.",
                unit="percentunit",
                expr=f"avg({x.series('up')})",
                levels=falling(bad=0.5, good=1.0),
            ).leading_to("runtime"),
            number(
                "Bugs",
                "Exceptions nobody had foreseen, in the time shown; each was answered with 500.",
                unit="short",
                expr=x.increase(request_rows.APP_EXCEPTIONS),
                levels=rising(bad=1.0),
            ),
        ),
    )


def _endings() -> Row:
    return Row(
        question="How do requests end?",
        panels=(
            stack(
                "Answers",
                "Answers a second by the class of their status.",
                unit="reqps",
                queries=(ask("{{class}}", CLASSES),),
                shades=shades.STATUSES,
            ),
            trend(
                "Failed, by status",
                "A second. 500: a bug. 502: an upstream. 503: no room, or a dependency is away. 504: out of time.",
                unit="reqps",
                queries=(
                    ask("all", x.or_zero(_failed(), x.rate(REQUESTS))),
                    ask("{{http_response_status_code}}", _failed("http_response_status_code")),
                ),
                shades=(("all", "gray"), ("500", "dark-red"), ("502", "purple"), ("503", "orange"), ("504", "yellow")),
            ).leading_to("resilience"),
            stack(
                "Turned away, or gone",
                "Requests refused before any handler saw them, by reason, and callers that left before their answer.",
                unit="reqps",
                queries=(
                    ask("{{reason}}", x.rate(request_rows.HTTP_REQUESTS_REJECTED, "reason")),
                    ask("left", x.rate(request_rows.HTTP_CLIENT_DISCONNECTS)),
                ),
                shades=shades.REJECTIONS,
            ).leading_to("resilience"),
        ),
    )


def _durations() -> Row:
    return Row(
        question="How long do answers take?",
        panels=(
            quantiles(
                "Durations",
                "From a request's arrival to its answer. A dot is one request: it leads to what that one did.",
                metric=REQUESTS,
                levels=SECONDS_LEVELS,
            ),
            heat(
                "All durations", "How many answers took how long: two bands are two kinds of requests.", metric=REQUESTS
            ),
            trend(
                "p99, by route",
                "The route whose line rises first is usually the cause.",
                unit="s",
                queries=(ask("{{http_route}}", x.quantile(0.99, REQUESTS, "http_route")),),
            ),
        ),
    )


def _routes() -> Row:
    route = ("http_request_method", "http_route")
    every = x.rate(REQUESTS, *route, window=x.RANGE)
    failed = x.rate(REQUESTS, *route, where=FAILED, window=x.RANGE)
    return Row(
        question="Which route is it?",
        panels=(
            table(
                "Routes",
                "Every route over the time shown, the busiest first; click a title to sort by it.",
                look=Table(
                    labels=(("http_request_method", "Method"), ("http_route", "Route")),
                    columns=(
                        Column(title="Requests", expr=every, unit="reqps", bar=True),
                        Column(title="Failed", expr=x.share(failed, every), unit="percentunit", levels=SHARE_LEVELS),
                        Column(title="p50", expr=x.quantile(0.5, REQUESTS, *route, window=x.RANGE), unit="s"),
                        Column(
                            title="p99",
                            expr=x.quantile(0.99, REQUESTS, *route, window=x.RANGE),
                            unit="s",
                            levels=SECONDS_LEVELS,
                        ),
                    ),
                    sorted_by="Requests",
                ),
            ),
        ),
    )


def _causes() -> Row:
    calls = outbound_rows.DEPENDENCY_CALL_DURATION
    bad = 'outcome!="ok"'
    return Row(
        question="Is it us, or what we depend on?",
        panels=(
            trend(
                "Calls that failed, by dependency",
                "Share of calls that ended in an error, a timeout or a refusal.",
                unit="percentunit",
                queries=(
                    ask("{{dependency}}", x.share(x.rate(calls, "dependency", where=bad), x.rate(calls, "dependency"))),
                ),
                shades=shades.DEPENDENCIES,
            ).leading_to("resilience"),
            trend(
                "p99 of calls, by dependency",
                "What a caller of the dependency waits, retries included.",
                unit="s",
                queries=(ask("{{dependency}}", x.quantile(0.99, calls, "dependency")),),
                shades=shades.DEPENDENCIES,
            ).leading_to("resilience"),
            trend(
                "p99 of event loop lag",
                "How late the process itself is: where this rises, everything is slow and no dependency is to blame.",
                unit="s",
                queries=(ask("{{instance}}", x.quantile(0.99, process_rows.EVENT_LOOP_LAG, "instance")),),
            ).leading_to("runtime"),
        ),
    )


def _failed(*by: str) -> str:
    return x.rate(REQUESTS, *by, where=FAILED)

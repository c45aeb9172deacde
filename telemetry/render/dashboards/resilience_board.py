"""What protects the service at work: breakers, retries, bulkheads, shedding, limits, known repeats."""

from telemetry.catalogue import caller_rows, outbound_rows, request_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Panel, Query, Row, States
from telemetry.render.dashboards.panels import ask, stack, trend

CALLS = outbound_rows.DEPENDENCY_CALL_DURATION
OPEN_OR_CLOSED: tuple[tuple[int, str, shades.Shade], ...] = (
    (0, "closed", "green"),
    (1, "half open", "yellow"),
    (2, "open", "red"),
)
UP_OR_DOWN: tuple[tuple[int, str, shades.Shade], ...] = ((0, "down", "red"), (1, "up", "green"))


def resilience_board() -> Board:
    """What gave way, what held, and who was refused so that the others were served."""
    return Board(
        name="resilience",
        title="Resilience",
        description="What is broken, what holds it off, and who is refused so that the others are served.",
        rows=(_broken(), _calls(), _again(), _room(), _limits()),
    )


def _broken() -> Row:
    state = outbound_rows.CIRCUIT_BREAKER_STATE
    opened = x.gauge(state, "name", how="max", where='state=~"open|forced_open"')
    half = x.gauge(state, "name", how="max", where='state="half_open"')
    dependencies = ask("{{dependency}}", x.gauge(outbound_rows.DEPENDENCY_UP, "dependency", how="min"))
    return Row(
        question="What is broken, and since when?",
        panels=(
            Panel(
                title="Dependencies",
                description="Whether each answers, as the calls see it: down as soon as one process finds it down.",
                unit="none",
                look=States(names=UP_OR_DOWN),
                queries=(dependencies,),
                width=12,
            ),
            Panel(
                title="Circuit breakers",
                description="Open: calls are refused at once. Half open: some are let through. The worst counts.",
                unit="none",
                look=States(names=OPEN_OR_CLOSED),
                queries=(ask("{{name}}", f"clamp_max(2 * {opened} + {half}, 2)"),),
                width=12,
            ),
        ),
    )


def _calls() -> Row:
    return Row(
        question="How do calls to what we depend on end?",
        panels=(
            stack(
                "Calls, by outcome",
                "Calls a second. Rejected: by a breaker or a bulkhead, without asking the dependency.",
                unit="ops",
                queries=(ask("{{outcome}}", x.rate(CALLS, "outcome")),),
                shades=shades.OUTCOMES,
            ),
            trend(
                "Failed, by dependency and outcome",
                "Calls a second that did not end well.",
                unit="ops",
                queries=(_bad(),),
            ),
            trend(
                "p99, by dependency",
                "What a caller waits, retries included. Flat at the time allowed: it hangs.",
                unit="s",
                queries=(ask("{{dependency}}", x.quantile(0.99, CALLS, "dependency")),),
                shades=shades.DEPENDENCIES,
            ),
        ),
    )


def _bad() -> Query:
    return ask("{{dependency}}: {{outcome}}", x.rate(CALLS, "dependency", "outcome", where='outcome!="ok"'))


def _again() -> Row:
    return Row(
        question="Do retries and repeats help, or add to the load?",
        panels=(
            stack(
                "Retries, by outcome",
                "Attempts made again, a second. Dark red: not made, as the budget for retries was spent.",
                unit="ops",
                queries=(ask("{{outcome}}", x.rate(outbound_rows.RETRIES, "outcome")),),
                shades=shades.OUTCOMES,
            ),
            trend(
                "Retries, by target",
                "Attempts made again, a second, by dependency and class of work.",
                unit="ops",
                queries=(ask("{{target}}", x.rate(outbound_rows.RETRIES, "target")),),
            ),
            stack(
                "Repeated requests",
                "Requests with an Idempotency-Key: done, answered again with what was kept, or refused.",
                unit="reqps",
                queries=(ask("{{outcome}}", x.rate(caller_rows.IDEMPOTENCY_REQUESTS, "outcome")),),
                shades=shades.REPEATS,
            ),
        ),
    )


def _room() -> Row:
    return Row(
        question="Is there room for the work?",
        panels=(
            trend(
                "Requests at work, and how many may be",
                "The limit follows what the process can do. At the limit requests wait, and past that are refused.",
                unit="short",
                queries=(
                    ask("at work", x.gauge(request_rows.HTTP_ACTIVE_REQUESTS)),
                    ask("limit", x.gauge(request_rows.CONCURRENCY_LIMIT)),
                ),
                shades=(("at work", "blue"), ("limit", "red")),
            ),
            stack(
                "Turned away at the door",
                "Requests a second that no handler saw. Overloaded: there was no room for them.",
                unit="reqps",
                queries=(ask("{{reason}}", x.rate(request_rows.HTTP_REQUESTS_REJECTED, "reason")),),
                shades=shades.REJECTIONS,
            ),
            trend(
                "No room in a bulkhead",
                "Calls a second that found their class of work full: it is slow, or its share too small.",
                unit="ops",
                queries=(ask("{{name}}", x.rate(outbound_rows.BULKHEAD_REJECTIONS, "name")),),
            ),
        ),
    )


def _limits() -> Row:
    decided = x.rate(caller_rows.RATE_LIMIT_DECISIONS)
    return Row(
        question="Who is limited?",
        panels=(
            stack(
                "Rate limits, by decision",
                "Requests held against their caller's limit. Degraded: by this process alone, as Redis was away.",
                unit="reqps",
                queries=(ask("{{decision}}", x.rate(caller_rows.RATE_LIMIT_DECISIONS, "decision")),),
                shades=shades.DECISIONS,
            ).sized(12, 8),
            trend(
                "Share limited, share degraded",
                "A rise of the first is a caller gone wild or a limit too low; of the second, Redis is away.",
                unit="percentunit",
                queries=(
                    ask(
                        "limited",
                        x.share(x.rate(caller_rows.RATE_LIMIT_DECISIONS, where='decision=~"limited.*"'), decided),
                    ),
                    ask(
                        "degraded",
                        x.share(x.rate(caller_rows.RATE_LIMIT_DECISIONS, where='decision=~".*degraded"'), decided),
                    ),
                ),
                shades=(("limited", "orange"), ("degraded", "purple")),
            ).sized(12, 8),
        ),
    )

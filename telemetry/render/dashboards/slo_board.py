"""Promises: whether they are kept, how fast their budgets burn, what is alerting, where to look next."""

from telemetry.catalogue import outbound_rows, process_rows, request_rows
from telemetry.objectives import BURN_RATES
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import (
    Bars,
    Board,
    Column,
    Level,
    Panel,
    Row,
    States,
    Table,
    Trend,
    falling,
    rising,
)
from telemetry.render.dashboards.panels import ask, number, stack, table, trend
from telemetry.render.slo_rules import BUDGET_LEFT, error_ratio

EVENTS, REQUESTS = request_rows.SLI_EVENTS, request_rows.HTTP_REQUEST_DURATION
BAD = 'outcome="bad"'
TARGET = x.gauge(request_rows.SLO_OBJECTIVE, "sli", how="max")
SEVERITIES: tuple[tuple[int, str, shades.Shade], ...] = (
    (3, "page", "red"),
    (2, "ticket", "orange"),
    (1, "none", "green"),
)
BURN_LEVELS = (
    Level(shade="green"),
    Level(start=1.0, shade="yellow"),
    Level(start=BURN_RATES[1].factor, shade=shades.ORANGE),
    Level(start=BURN_RATES[0].factor, shade=shades.RED),
)
"""Where the budget lasts just as long as it must, and the two factors that page."""

LEFT_LEVELS = falling(bad=0.0, good=0.25)


def slo_board() -> Board:
    """The board to open first: promises, then the way to what breaks them."""
    return Board(
        name="slo",
        title="Objectives",
        description="Whether promises are kept, how fast their budgets burn, what is alerting, and where to look next.",
        rows=(_kept(), _burning(), _alerting(), _causes()),
    )


def _bad_share(window: str) -> str:
    return x.share(x.rate(EVENTS, "sli", where=BAD, window=window), x.rate(EVENTS, "sli", window=window))


def _burn(share: str) -> str:
    return f"({share}) / (1 - {TARGET})"


def _recorded(name: str, how: str) -> str:
    """A series of the rules, which have added up all instances of a job."""
    return f'{how} by (sli) ({name}{{job=~"$job"}})'


def _kept() -> Row:
    return Row(
        question="Are promises kept?",
        panels=(
            Panel(
                title="Budget left",
                description="Of what may fail in 30 days, how much still may. Below 0 the promise is broken.",
                unit="percentunit",
                look=Bars(maximum=1.0),
                queries=(ask("{{sli}}", _recorded(BUDGET_LEFT, "min")),),
                levels=LEFT_LEVELS,
                height=7,
            ),
            table(
                "Promises",
                "Burn rates as the alerts see them. Kept, failed, requests: over the time shown.",
                look=Table(labels=(("sli", "Objective"),), columns=_columns(), sorted_by="Burn, 1h"),
            ).sized(16, 7),
        ),
    )


def _columns() -> tuple[Column, ...]:
    burning = (
        Column(
            title=f"Burn, {window}", expr=_burn(_recorded(error_ratio(window), "max")), unit="none", levels=BURN_LEVELS
        )
        for window in ("1h", "6h", "3d")
    )
    return (
        *burning,
        Column(title="Kept", expr=f"1 - {_bad_share(x.RANGE)}", unit="percentunit", decimals=3),
        Column(title="Promised", expr=TARGET, unit="percentunit", decimals=3),
        Column(title="Failed", expr=x.increase(EVENTS, "sli", where=BAD), unit="short"),
        Column(title="Requests", expr=x.increase(EVENTS, "sli"), unit="short"),
    )


def _burning() -> Row:
    return Row(
        question="How fast do the budgets burn, and since when?",
        panels=(
            trend(
                "Burn rate",
                "1: the budget lasts exactly as long as it must. 14.4 for an hour, or 6 for six, wakes somebody.",
                unit="none",
                queries=(ask("{{sli}}", _burn(_bad_share(x.WINDOW))),),
            )
            .looking(Trend(log=True), levels=BURN_LEVELS)
            .sized(12, 10)
            .leading_to("service"),
            stack(
                "Promises broken",
                "Requests a second that were not as promised, by objective. One that was late for two counts for both.",
                unit="reqps",
                queries=(ask("{{sli}}", x.rate(EVENTS, "sli", where=BAD)),),
            )
            .sized(12, 10)
            .leading_to("service"),
        ),
    )


def _alerting() -> Row:
    return Row(
        question="What is alerting, and since when?",
        panels=(
            Panel(
                title="Alerts",
                description="Each alert while it fires. Watchdog always does: where it does not, alerting is broken.",
                unit="none",
                look=States(names=SEVERITIES),
                queries=(ask("{{alertname}}", f"max by (alertname) ({' or '.join(map(_firing, SEVERITIES))})"),),
                width=24,
                height=7,
            ),
        ),
    )


def _firing(severity: tuple[int, str, shades.Shade]) -> str:
    weight, name, _ = severity
    return f'{weight} * ALERTS{{alertstate="firing",severity="{name}",service=~"$job"}}'


def _causes() -> Row:
    return Row(
        question="Where to look next?",
        panels=(
            number(
                "Failed requests",
                "Share of answers that were 5xx: which route, and since when.",
                unit="percentunit",
                expr=x.share(x.rate(REQUESTS, where='http_response_status_code=~"5.."'), x.rate(REQUESTS)),
                levels=rising(warn=0.001, bad=0.01),
            ).leading_to("service"),
            number(
                "Dependencies up",
                "Share of what the service depends on that answers.",
                unit="percentunit",
                expr=f"avg({x.gauge(outbound_rows.DEPENDENCY_UP, 'dependency', how='min')})",
                levels=falling(bad=0.5, good=1.0),
            ).leading_to("resilience"),
            number(
                "Refused for want of room",
                "Requests a second: more come than can be answered.",
                unit="reqps",
                expr=x.rate(request_rows.HTTP_REQUESTS_REJECTED, where='reason="overloaded"'),
                levels=rising(bad=0.1),
            ).leading_to("resilience"),
            number(
                "Waiting for Postgres",
                "Requests waiting for a connection: the pool is too small, or statements are slow.",
                unit="short",
                expr=x.gauge(outbound_rows.DB_CONNECTION_PENDING_REQUESTS),
                levels=rising(warn=1.0, bad=10.0),
            ).leading_to("postgres"),
            number(
                "Loop lag, p99",
                "How late the process itself is.",
                unit="s",
                expr=x.quantile(0.99, process_rows.EVENT_LOOP_LAG),
                levels=rising(warn=0.05, bad=0.5),
            ).leading_to("runtime"),
            number(
                "Seen and lost",
                "Log lines and events lost in the time shown: what is not seen may be worse than what is.",
                unit="short",
                expr=f"{x.increase(process_rows.LOG_EVENTS_DROPPED)} + {x.increase(process_rows.OBSERVER_FAILURES)}",
                levels=rising(bad=1.0),
            ).leading_to("telemetry"),
        ),
    )

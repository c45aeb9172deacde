"""What Postgres and Redis are asked alike: whether they answer, and which of their operations is slow or fails."""

from telemetry.catalogue import outbound_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards.board import Column, Number, Panel, Row, Table, falling, rising
from telemetry.render.dashboards.panels import ask, heat, number, quantiles, table, trend

CALLS = outbound_rows.DB_OPERATION_DURATION
UP_AND_DOWN = ((0, "down"), (1, "up"))
OPEN_OR_NOT = ((0, "closed"), (1, "open"))

FAILED_LEVELS = rising(warn=0.01, bad=0.05)
SECONDS_LEVELS = rising(warn=0.05, bad=0.25)
"""A statement by key takes a millisecond; at a quarter of a second one call is all of a request's time."""


def answering(question: str, *, dependency: str, where: str, more: tuple[Panel, ...]) -> Row:
    """The row that says whether a database answers; `where` chooses its calls."""
    calls, failed = x.rate(CALLS, where=where), x.rate(CALLS, where=f'{where},error_type!=""')
    name = f'dependency="{dependency}"'
    opened = f'name=~"{dependency}.*",state=~"open|half_open|forced_open"'
    return Row(
        question=question,
        panels=(
            number(
                "State",
                "Whether it answers, as the calls see it: down as soon as one process finds it down.",
                unit="none",
                expr=x.gauge(outbound_rows.DEPENDENCY_UP, how="min", where=name),
                levels=falling(bad=0.5, good=1.0),
            ).looking(Number(filled=True, names=UP_AND_DOWN)),
            number(
                "Breakers",
                "Open: calls are refused at once, because too many have failed or were slow.",
                unit="none",
                expr=x.gauge(outbound_rows.CIRCUIT_BREAKER_STATE, how="max", where=opened),
                levels=rising(bad=1.0),
            )
            .looking(Number(filled=True, names=OPEN_OR_NOT))
            .leading_to("resilience"),
            number("Calls", "Calls a second.", unit="ops", expr=calls),
            number(
                "Failed",
                "Share of calls that ended in an error, a timeout or a refusal.",
                unit="percentunit",
                expr=x.share(failed, calls),
                levels=FAILED_LEVELS,
            ),
            number(
                "p99",
                "99 of 100 calls took no longer, waiting and retries included.",
                unit="s",
                expr=x.quantile(0.99, CALLS, where=where),
                levels=SECONDS_LEVELS,
            ),
            *more,
        ),
    )


def durations(question: str, *, where: str, operation: str) -> Row:
    """The row that says how long calls take; `operation` is what one is called."""
    return Row(
        question=question,
        panels=(
            quantiles(
                "Durations",
                f"What a caller waits for a {operation}: for room, for the answer, and for retries.",
                metric=CALLS,
                where=where,
            ),
            heat(
                "All durations",
                f"How many took how long: two bands are two kinds of {operation}s.",
                metric=CALLS,
                where=where,
            ),
            trend(
                f"Failed, by {operation} and error",
                "Those that failed, a second, by the kind of error.",
                unit="ops",
                queries=(
                    ask("all", x.or_zero(x.rate(CALLS, where=f'{where},error_type!=""'), x.rate(CALLS, where=where))),
                    ask(
                        "{{db_operation_name}}: {{error_type}}",
                        x.rate(CALLS, "db_operation_name", "error_type", where=f'{where},error_type!=""'),
                    ),
                ),
                shades=(("all", "gray"),),
            ),
        ),
    )


def operations(question: str, *, where: str, operation: str) -> Row:
    """The row that says which operation it is."""
    by, window = "db_operation_name", x.RANGE
    every = x.rate(CALLS, by, where=where, window=window)
    failed = x.rate(CALLS, by, where=f'{where},error_type!=""', window=window)
    return Row(
        question=question,
        panels=(
            table(
                f"{operation.title()}s",
                "Each of them over the time shown, the one that takes most of all time first.",
                look=Table(
                    labels=((by, operation.title()),),
                    columns=(
                        Column(
                            title="Busy",
                            expr=x.busy(CALLS, by, where=where, window=window),
                            unit="percentunit",
                            bar=True,
                        ),
                        Column(title="Calls", expr=every, unit="ops"),
                        Column(title="Failed", expr=x.share(failed, every), unit="percentunit", levels=FAILED_LEVELS),
                        Column(title="p50", expr=x.quantile(0.5, CALLS, by, where=where, window=window), unit="s"),
                        Column(
                            title="p99",
                            expr=x.quantile(0.99, CALLS, by, where=where, window=window),
                            unit="s",
                            levels=SECONDS_LEVELS,
                        ),
                    ),
                    sorted_by="Busy",
                ),
            ),
        ),
    )

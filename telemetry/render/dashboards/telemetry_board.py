"""What watches the service: whether its metrics, logs and error reports can be believed."""

from telemetry.catalogue import process_rows
from telemetry.render import scrape_metrics
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Row, Trend, rising
from telemetry.render.dashboards.panels import ask, number, stack, trend

ANY = rising(bad=1.0)
SCRAPE_LEVELS = rising(warn=0.1, bad=1.0)


def telemetry_board() -> Board:
    """Whether the other boards can be believed."""
    return Board(
        name="telemetry",
        title="Telemetry",
        description="Whether what is seen can be believed: what was lost, how much there is, whether scrapes succeed.",
        rows=(_lost(), _logs(), _scrapes()),
    )


def _lost() -> Row:
    return Row(
        question="Is anything lost on the way?",
        panels=(
            number(
                "Log lines lost",
                "Given up in the time shown, as their sink did not take them: a full disk, a pipe nobody reads.",
                unit="short",
                expr=x.increase(process_rows.LOG_EVENTS_DROPPED),
                levels=ANY,
            ),
            number(
                "Events lost",
                "Given up in the time shown, as a reader of events failed. Each is a bug.",
                unit="short",
                expr=x.increase(process_rows.OBSERVER_FAILURES),
                levels=ANY,
            ),
            number(
                "Labels folded",
                "Samples counted under _OTHER in the time shown, as their metric has too many label sets.",
                unit="short",
                expr=x.increase(process_rows.LABEL_OVERFLOW),
                levels=ANY,
            ),
            number(
                "Errors logged",
                "Lines of level error a second.",
                unit="ops",
                expr=x.rate(process_rows.LOG_EVENTS, where='level="error"'),
            ),
            number(
                "Series",
                "Series of the process that has most. A rise without a deploy is a label out of hand.",
                unit="short",
                expr=x.gauge(scrape_metrics.SCRAPE_SAMPLES, how="max"),
                levels=rising(warn=5_000.0, bad=20_000.0),
            ),
            number(
                "Scrape",
                "How long Prometheus took for the slowest process.",
                unit="s",
                expr=x.gauge(scrape_metrics.SCRAPE_DURATION, how="max"),
                levels=SCRAPE_LEVELS,
            ),
        ),
    )


def _logs() -> Row:
    return Row(
        question="What do the logs say, and who hears of bugs?",
        panels=(
            stack(
                "Log lines, by level",
                "Lines a second. The level setting hides those below it.",
                unit="ops",
                queries=(ask("{{level}}", x.rate(process_rows.LOG_EVENTS, "level")),),
                shades=shades.LEVELS,
            ).sized(12, 8),
            trend(
                "Not written",
                "A second: lost as their sink or reader failed, folded, or left out of what is healthy.",
                unit="ops",
                queries=(
                    ask("healthy, left out", x.rate(process_rows.LOG_EVENTS_SAMPLED_OUT)),
                    ask("log lines", x.rate(process_rows.LOG_EVENTS_DROPPED)),
                    ask("events", x.rate(process_rows.OBSERVER_FAILURES)),
                    ask("label sets", x.rate(process_rows.LABEL_OVERFLOW)),
                ),
                shades=(("healthy*", "gray"), ("log lines", "orange"), ("events", "red"), ("label sets", "purple")),
            ).sized(12, 8),
            stack(
                "Bugs, by what became of their reports",
                "A second. One of a kind a minute goes to Sentry; without a DSN none does, and none is counted here.",
                unit="ops",
                queries=(ask("{{outcome}}", x.rate(process_rows.SENTRY_EVENTS, "outcome")),),
                shades=(("sent", "green"), ("rate_limited", "gray"), ("dropped", "orange"), ("failed", "red")),
            ).sized(12, 8),
            stack(
                "Traces, by what became of them",
                "Requests a second whose spans were to be sent to a collector: 0 where none is told of.",
                unit="ops",
                queries=(ask("{{outcome}}", x.rate(process_rows.TRACE_EXPORTS, "outcome")),),
                shades=(("exported", "green"), ("dropped", "orange"), ("failed", "red")),
            ).sized(12, 8),
        ),
    )


def _scrapes() -> Row:
    return Row(
        question="Does Prometheus see everything?",
        panels=(
            trend(
                "Scrape duration",
                "How long a scrape took. Near the scrape interval, samples go missing.",
                unit="s",
                queries=(ask("{{instance}}", x.gauge(scrape_metrics.SCRAPE_DURATION, "instance", how="max")),),
            ).looking(Trend(), levels=SCRAPE_LEVELS),
            trend(
                "Samples of a scrape",
                "As many as the process has series.",
                unit="short",
                queries=(ask("{{instance}}", x.gauge(scrape_metrics.SCRAPE_SAMPLES, "instance", how="max")),),
            ),
            stack(
                "New series",
                "Series a scrape brought for the first time. After a start there should be hardly any.",
                unit="short",
                queries=(ask("{{instance}}", x.gauge(scrape_metrics.SCRAPE_NEW_SERIES, "instance")),),
            ),
        ),
    )

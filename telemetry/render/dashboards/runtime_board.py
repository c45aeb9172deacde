"""The process: its event loop, its CPU and memory, its files, its restarts."""

from telemetry.catalogue import process_rows
from telemetry.render import scrape_metrics
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards.board import Board, Column, Panel, Row, Table, Trend, falling, rising
from telemetry.render.dashboards.panels import ask, heat, number, trend

LAG_LEVELS = rising(warn=0.05, bad=0.5)
"""50 ms is what one request may hold the loop up; half a second is a warning in the log."""

SHARE_LEVELS = rising(warn=0.7, bad=0.9)
FILE_LEVELS = rising(warn=0.6, bad=0.8)


def runtime_board() -> Board:
    """Whether the process itself is the cause."""
    return Board(
        name="runtime",
        title="Runtime",
        description="Whether a process itself is the cause: its event loop, CPU, memory, open files, restarts.",
        rows=(_alive(), _loop(), _resources(), _processes()),
    )


def _alive() -> Row:
    uptime = f"time() - {x.gauge(process_rows.PROCESS_START_TIME, how='max')}"
    return Row(
        question="Are the processes there, and do they have what they need?",
        panels=(
            number(
                "Processes up",
                "Share of the processes Prometheus knows that answer it.",
                unit="percentunit",
                expr=x.gauge(scrape_metrics.UP, how="avg"),
                levels=falling(bad=0.5, good=1.0),
            ),
            number(
                "Last start",
                "Time since the newest process started: seconds only, again and again, are a process that cannot live.",
                unit="s",
                expr=uptime,
            ),
            number(
                "CPU",
                "Of one core, in the busiest process: one event loop cannot use more than one.",
                unit="percentunit",
                expr=f"max({x.rate(process_rows.PROCESS_CPU, 'instance')})",
                levels=SHARE_LEVELS,
            ),
            number(
                "Loop lag, p99",
                "How late the event loop was, at worst one time in a hundred, in the process where that is most.",
                unit="s",
                expr=f"max({x.quantile(0.99, process_rows.EVENT_LOOP_LAG, 'instance')})",
                levels=LAG_LEVELS,
            ),
            number(
                "Memory",
                "In RAM, in the largest process.",
                unit="bytes",
                expr=x.gauge(process_rows.PROCESS_RESIDENT_MEMORY, how="max"),
            ),
            number(
                "Open files",
                "Files and sockets open, of those that may be, where that is most. At 100 % no connection is taken.",
                unit="percentunit",
                expr=f"max({x.share(_files('instance'), x.gauge(process_rows.PROCESS_MAX_FDS, 'instance'))})",
                levels=FILE_LEVELS,
            ),
        ),
    )


def _files(*by: str) -> str:
    return x.gauge(process_rows.PROCESS_OPEN_FDS, *by)


def _loop() -> Row:
    return Row(
        question="Is the event loop on time?",
        panels=(
            trend(
                "Lag, p99",
                "How much later than asked the loop comes back. Everything a process does waits so long.",
                unit="s",
                queries=(ask("{{instance}}", x.quantile(0.99, process_rows.EVENT_LOOP_LAG, "instance")),),
            )
            .looking(Trend(), levels=LAG_LEVELS)
            .sized(6, 8),
            heat(
                "All lags",
                "Measured four times a second. Single bright cells far up: something blocks.",
                metric=process_rows.EVENT_LOOP_LAG,
            ).sized(6, 8),
            trend(
                "Stopped to collect garbage, p99",
                "How long a run of the garbage collector stops everything. Full runs (2) grow with what is kept.",
                unit="s",
                queries=(ask("generation {{generation}}", _pauses()),),
            )
            .looking(Trend(), levels=LAG_LEVELS)
            .sized(6, 8),
            trend(
                "Tasks",
                "Tasks that are not done. A line that only rises: something is started and never ends.",
                unit="short",
                queries=(ask("{{instance}}", x.gauge(process_rows.ASYNCIO_TASKS, "instance")),),
            ).sized(6, 8),
        ),
    )


def _pauses() -> str:
    """Nought where there was none, of which there is no quantile."""
    longest = x.quantile(0.99, process_rows.GC_PAUSE, "generation")
    return f"{longest} >= 0 or {x.rate(process_rows.GC_PAUSE, 'generation')} * 0"


def _resources() -> Row:
    return Row(
        question="What does a process use?",
        panels=(
            trend(
                "CPU",
                "Of one core.",
                unit="percentunit",
                queries=(ask("{{instance}}", x.rate(process_rows.PROCESS_CPU, "instance")),),
            )
            .looking(Trend(), levels=SHARE_LEVELS)
            .sized(6, 8),
            trend(
                "Memory",
                "In RAM, and the address space in all. RAM that only rises is a leak.",
                unit="bytes",
                queries=(
                    ask("{{instance}} in RAM", x.gauge(process_rows.PROCESS_RESIDENT_MEMORY, "instance")),
                    ask("{{instance}} in all", x.gauge(process_rows.PROCESS_VIRTUAL_MEMORY, "instance")),
                ),
            ).sized(6, 8),
            trend(
                "Open files and sockets",
                "Open now, and how many may be.",
                unit="short",
                queries=(
                    ask("{{instance}}", _files("instance")),
                    ask("limit", x.gauge(process_rows.PROCESS_MAX_FDS, how="min")),
                ),
                shades=(("limit", "red"),),
            )
            .looking(Trend(log=True))
            .sized(6, 8),
            trend(
                "Garbage collection",
                "Runs a second by generation, objects freed and not freeable. Full runs (2) stop the process longest.",
                unit="ops",
                queries=(
                    ask("runs, generation {{generation}}", x.rate(process_rows.GC_COLLECTIONS, "generation")),
                    ask("objects freed", x.rate(process_rows.GC_OBJECTS_COLLECTED)),
                    ask("objects stuck", x.rate(process_rows.GC_OBJECTS_UNCOLLECTABLE)),
                ),
                shades=(("objects freed", "green"), ("objects stuck", "red")),
            )
            .looking(Trend(log=True))
            .sized(6, 8),
        ),
    )


def _processes() -> Row:
    build = x.gauge(
        process_rows.APP_BUILD_INFO, "instance", "service", "version", "mainstay_version", "python_version", how="max"
    )
    age = f"(time() - {x.gauge(process_rows.PROCESS_START_TIME, 'instance', how='max')})"
    return Row(
        question="What is running?",
        panels=(
            Panel(
                title="Processes",
                description="What runs where, and since when.",
                unit="short",
                look=Table(
                    labels=(
                        ("instance", "Process"),
                        ("service", "Service"),
                        ("version", "Version"),
                        ("mainstay_version", "Mainstay"),
                        ("python_version", "Python"),
                    ),
                    columns=(Column(title="Up for", expr=f"{build} * on (instance) group_left () {age}", unit="s"),),
                    sorted_by="Up for",
                ),
                width=24,
                height=6,
            ),
        ),
    )

"""Postgres: whether it answers, how long statements take, whether the pool is large enough."""

from telemetry.catalogue import outbound_rows, server_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Panel, Row, Trend, rising
from telemetry.render.dashboards.database_panels import answering, durations, operations
from telemetry.render.dashboards.panels import age_of_sample, ask, number, quantiles, stack, trend

HERE = 'db_system_name="postgresql"'
POOL = 'pool="postgres"'
IN_USE_LEVELS = rising(warn=0.8, bad=0.95)
IN_USE = x.share(
    x.gauge(outbound_rows.DB_CONNECTION_COUNT, "instance", where=f'{POOL},state="used"'),
    x.gauge(outbound_rows.DB_CONNECTION_MAX, "instance", where=POOL),
)


def postgres_board() -> Board:
    """The way down from a slow or failed request to the statement and the pool."""
    pool = number(
        "Pool in use",
        "Connections in use as a part of how many there may be, in the process where that is most.",
        unit="percentunit",
        expr=f"max({IN_USE})",
        levels=IN_USE_LEVELS,
    )
    return Board(
        name="postgres",
        title="Postgres",
        description="Whether Postgres answers, which statement is slow, and whether the pool is large enough.",
        rows=(
            answering("Does Postgres answer?", dependency="postgres", where=HERE, more=(pool,)),
            durations("How long do statements take?", where=HERE, operation="statement"),
            _room(),
            _connections(),
            _server(),
            _replicas(),
            operations("Which statement is it?", where=HERE, operation="statement"),
        ),
    )


def _room() -> Row:
    return Row(
        question="Is the pool large enough?",
        panels=(
            stack(
                "Connections",
                "Connections in use and idle. Once all are in use, callers wait.",
                unit="short",
                queries=(ask("{{state}}", x.gauge(outbound_rows.DB_CONNECTION_COUNT, "state", where=POOL)),),
                shades=shades.CONNECTIONS,
            ),
            trend(
                "Share in use",
                "Connections in use as a part of how many there may be.",
                unit="percentunit",
                queries=(ask("{{instance}}", IN_USE),),
            ).looking(Trend(maximum=1.0), levels=IN_USE_LEVELS),
            trend(
                "Waiting callers",
                "Callers waiting for a connection at this moment, and those a second whose time for that ran out.",
                unit="short",
                queries=(
                    ask("waiting", x.gauge(outbound_rows.DB_CONNECTION_PENDING_REQUESTS, where=POOL)),
                    ask("gave up a second", x.rate(outbound_rows.DB_CONNECTION_TIMEOUTS, where=POOL)),
                ),
                shades=(("waiting", "orange"), ("gave up*", "red")),
            ),
        ),
    )


def _connections() -> Row:
    return Row(
        question="What happens to connections?",
        panels=(
            quantiles(
                "Wait for one",
                "How long callers waited. More than milliseconds: the pool is too small, or statements are slow.",
                metric=outbound_rows.DB_CONNECTION_WAIT,
                where=POOL,
                levels=rising(warn=0.01, bad=0.1),
            ).sized(6, 8),
            quantiles(
                "Kept for",
                "How long callers kept one. A transaction that waits for something else keeps its own meanwhile.",
                metric=outbound_rows.DB_CONNECTION_USE,
                where=POOL,
            ).sized(6, 8),
            trend(
                "Opened",
                "Connections opened a second. Many at once: the old ones broke.",
                unit="ops",
                queries=(ask("{{instance}}", x.rate(outbound_rows.DB_CONNECTION_CREATE, "instance", where=POOL)),),
            ).sized(6, 8),
            trend(
                "Time to open one",
                "What 99 of 100 connections took to open. Slow: Postgres is short of CPU or of slots, or far away.",
                unit="s",
                queries=(ask("p99", x.quantile(0.99, outbound_rows.DB_CONNECTION_CREATE, where=POOL)),),
                shades=shades.QUANTILES,
            ).sized(6, 8),
        ),
    )


def _server() -> Row:
    return Row(question="How is the server itself?", panels=(*_server_now(), *_server_over_time()))


def _server_now() -> tuple[Panel, ...]:
    every = x.gauge(server_rows.POSTGRES_BACKENDS, "instance")
    at_most = x.gauge(server_rows.POSTGRES_CONNECTION_MAX, "instance")
    return (
        number(
            "Connections in use",
            "Connections of everybody as a part of how many the server takes. At 100 % nobody else gets in.",
            unit="percentunit",
            expr=f"max({x.share(every, at_most)})",
            levels=IN_USE_LEVELS,
        ),
        number(
            "Oldest transaction",
            "What is open for minutes keeps its locks, and vacuum from cleaning up.",
            unit="s",
            expr=x.gauge(server_rows.POSTGRES_OLDEST_TRANSACTION, how="max"),
            levels=rising(warn=60.0, bad=600.0),
        ),
        number(
            "Replicas",
            "Servers that follow this one, and could take its place.",
            unit="none",
            expr=x.gauge(server_rows.POSTGRES_REPLICAS, how="max"),
        ),
        number(
            "Lag",
            "How far the last of the replicas is behind. 0 without any; empty where it may not be looked at.",
            unit="s",
            expr=_lag(),
            levels=rising(warn=1.0, bad=30.0),
        ),
        number(
            "Size",
            "What the database takes on disk.",
            unit="bytes",
            expr=x.gauge(server_rows.POSTGRES_SIZE, how="max"),
        ),
        age_of_sample("postgres"),
    )


def _server_over_time() -> tuple[Panel, ...]:
    return (
        trend(
            "Connections to the server",
            "Of everybody, and how many it takes. Idle in a transaction: they hold locks and wait for something.",
            unit="short",
            queries=(
                ask("{{state}}", x.gauge(server_rows.POSTGRES_BACKENDS, "state", how="max")),
                ask("at most", x.gauge(server_rows.POSTGRES_CONNECTION_MAX, how="min")),
            ),
            shades=(("at most", "red"), ("idle_in_transaction", "orange")),
        ).looking(Trend(log=True)),
        trend(
            "Transactions",
            "A second, of everybody: committed, rolled back, ended by a deadlock.",
            unit="ops",
            queries=(
                ask("committed", f"max({x.rate(server_rows.POSTGRES_COMMITS, 'instance')})"),
                ask("rolled back", f"max({x.rate(server_rows.POSTGRES_ROLLBACKS, 'instance')})"),
                ask("deadlocks", f"max({x.rate(server_rows.POSTGRES_DEADLOCKS, 'instance')})"),
            ),
            shades=(("committed", "green"), ("rolled back", "orange"), ("deadlocks", "red")),
        ),
        trend(
            "Oldest transaction, lag",
            "Both at once: a replica holds back what an old transaction on it still reads.",
            unit="s",
            queries=(
                ask("oldest transaction", x.gauge(server_rows.POSTGRES_OLDEST_TRANSACTION, how="max")),
                ask("lag", _lag()),
            ),
            shades=(("lag", "purple"),),
        ),
    )


def _replicas() -> Row:
    reads = x.rate(outbound_rows.POSTGRES_REPLICA_READS)
    age = x.gauge(outbound_rows.POSTGRES_REPLICA_AGE, "replica", how="max")
    return Row(
        question="Who answers reads?",
        panels=(
            stack(
                "Reads that a replica may answer",
                "A second. All but replica and stale were answered by the primary. Behind: no replica had yet what the "
                "caller wrote. Nothing where MAINSTAY_POSTGRES_READS leaves all reads to the primary.",
                unit="ops",
                queries=(ask("{{result}}", x.rate(outbound_rows.POSTGRES_REPLICA_READS, "result")),),
                shades=shades.REPLICA_RESULTS,
            ).sized(12, 8),
            trend(
                "Age of what a replica shows",
                "At most, in the process where that is most. Past MAINSTAY_REPLICA_LAG_SECONDS the primary is asked.",
                unit="s",
                queries=(ask("{{replica}}", f'{age} or label_replace({reads} * 0, "replica", "none", "", "")'),),
            ).sized(12, 8),
        ),
    )


def _lag() -> str:
    alone = x.gauge(server_rows.POSTGRES_REPLICAS, how="max")
    return f"{x.gauge(server_rows.POSTGRES_WAL_LAG, how='max')} or {alone} == 0"

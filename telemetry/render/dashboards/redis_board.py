"""Redis and the cache it keeps: whether it answers, what the cache saves, whether writes reach it."""

from telemetry.catalogue import request_rows, server_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Panel, Row, Trend, falling, rising
from telemetry.render.dashboards.database_panels import answering, durations, operations
from telemetry.render.dashboards.panels import age_of_sample, ask, number, stack, trend

HERE = 'db_system_name="redis"'
KEPT = 'result=~"hit|negative|stale|stale_if_error"'
OLD = 'result=~"degraded|stale_if_error|error"'


def redis_board() -> Board:
    """The way down from stale or slow reads to Redis and to the cache."""
    hits = number(
        "From the cache",
        "Share of the reads of cached resources that what is kept answered.",
        unit="percentunit",
        expr=x.share(x.rate(request_rows.CACHE_REQUESTS, where=KEPT), x.rate(request_rows.CACHE_REQUESTS)),
        levels=falling(bad=0.2, good=0.5),
    )
    return Board(
        name="redis",
        title="Redis and cache",
        description="Whether Redis answers, what the cache saves Postgres, and whether every write reaches it.",
        rows=(
            answering("Does Redis answer?", dependency="redis", where=HERE, more=(hits,)),
            _cache(),
            durations("How long do commands take?", where=HERE, operation="command"),
            _server(),
            operations("Which command is it?", where=HERE, operation="command"),
        ),
    )


def _cache() -> Row:
    every = x.rate(request_rows.CACHE_REQUESTS, "cache")
    return Row(
        question="What does the cache save, and is it right?",
        panels=(
            stack(
                "Reads",
                "Reads of cached resources by where the answer came from. Orange: without what Redis keeps.",
                unit="reqps",
                queries=(ask("{{result}}", x.rate(request_rows.CACHE_REQUESTS, "result")),),
                shades=shades.CACHE_RESULTS,
            ).sized(6, 8),
            trend(
                "From the cache, by resource",
                "Share of a resource's reads that what is kept answered. Low: kept too short, or changed too often.",
                unit="percentunit",
                queries=(ask("{{cache}}", x.share(x.rate(request_rows.CACHE_REQUESTS, "cache", where=KEPT), every)),),
            )
            .looking(Trend(maximum=1.0))
            .sized(6, 8),
            trend(
                "Stale or without the cache",
                "Share of reads answered with what is past its time, or past the cache, as Postgres or Redis was away.",
                unit="percentunit",
                queries=(ask("{{cache}}", x.share(x.rate(request_rows.CACHE_REQUESTS, "cache", where=OLD), every)),),
            ).sized(6, 8),
            trend(
                "Writes told",
                "Writes made known to all replicas. Owed: not yet, and until then nothing kept is trusted.",
                unit="ops",
                queries=(ask("{{outcome}}", x.rate(request_rows.CACHE_INVALIDATIONS, "outcome")),),
                shades=(("ok", "green"), ("owed", "red"), ("repeated", "orange")),
            ).sized(6, 8),
        ),
    )


def _server() -> Row:
    return Row(question="How is the server itself?", panels=(*_server_now(), *_server_over_time()))


def _server_now() -> tuple[Panel, ...]:
    hits, misses = (x.rate(metric, "instance") for metric in (server_rows.REDIS_HITS, server_rows.REDIS_MISSES))
    return (
        number(
            "Memory",
            "What the server uses for what it keeps.",
            unit="bytes",
            expr=x.gauge(server_rows.REDIS_MEMORY_USED, how="max"),
        ),
        number(
            "Connections",
            "To the server, of everybody.",
            unit="none",
            expr=x.gauge(server_rows.REDIS_CLIENTS, how="max"),
        ),
        number(
            "Keys found",
            "Share of the reads of keys, of everybody, that found one.",
            unit="percentunit",
            expr=f"max({x.share(hits, f'({hits} + {misses})')})",
        ),
        number(
            "Evicted",
            "Keys thrown away a second to make room. Cached answers go first.",
            unit="ops",
            expr=f"max({x.rate(server_rows.REDIS_KEYS_EVICTED, 'instance')})",
            levels=rising(warn=1.0, bad=1_000.0),
        ),
        number(
            "Replicas",
            "Servers that follow this one, and could take its place.",
            unit="none",
            expr=x.gauge(server_rows.REDIS_REPLICAS, how="max"),
        ),
        age_of_sample("redis"),
    )


def _server_over_time() -> tuple[Panel, ...]:
    return (
        trend(
            "Memory",
            "What the server uses, and may use: 0 where nothing bounds it. At the bound it evicts keys or refuses.",
            unit="bytes",
            queries=(
                ask("used", x.gauge(server_rows.REDIS_MEMORY_USED, how="max")),
                ask("at most", x.gauge(server_rows.REDIS_MEMORY_MAX, how="max")),
            ),
            shades=(("at most", "red"),),
        ),
        trend(
            "Keys",
            "A second, of everybody: reads that found one and that did not, and keys thrown away to make room.",
            unit="ops",
            queries=(
                ask("found", f"max({x.rate(server_rows.REDIS_HITS, 'instance')})"),
                ask("not found", f"max({x.rate(server_rows.REDIS_MISSES, 'instance')})"),
                ask("evicted", f"max({x.rate(server_rows.REDIS_KEYS_EVICTED, 'instance')})"),
            ),
            shades=(("found", "green"), ("not found", "blue"), ("evicted", "red")),
        ),
        trend(
            "Connections to the server",
            "Of everybody, and those a second it refused, as it had as many as it takes.",
            unit="short",
            queries=(
                ask("connected", x.gauge(server_rows.REDIS_CLIENTS, how="max")),
                ask("refused a second", f"max({x.rate(server_rows.REDIS_CONNECTIONS_REJECTED, 'instance')})"),
            ),
            shades=(("refused*", "red"),),
        ),
    )

"""Redis and the cache it keeps: whether it answers, what the cache saves, whether writes reach it."""

from telemetry.catalogue import request_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Row, Trend, falling
from telemetry.render.dashboards.database_panels import answering, durations, operations
from telemetry.render.dashboards.panels import ask, number, stack, trend

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

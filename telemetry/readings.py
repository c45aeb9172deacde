"""What is not told by events but looked at when somebody scrapes: sizes of pools, tasks, what is up, what was lost."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from telemetry.catalogue import Metric
from telemetry.catalogue.outbound_rows import (
    CIRCUIT_BREAKER_STATE,
    DB_CONNECTION_COUNT,
    DB_CONNECTION_MAX,
    DB_CONNECTION_PENDING_REQUESTS,
    DEPENDENCY_UP,
)
from telemetry.catalogue.process_rows import (
    ASYNCIO_TASKS,
    LOG_EVENTS,
    LOG_EVENTS_DROPPED,
    LOG_EVENTS_SAMPLED_OUT,
    OBSERVER_FAILURES,
    SENTRY_EVENTS,
    TRACE_EXPORTS,
)
from telemetry.catalogue.request_rows import CONCURRENCY_LIMIT
from telemetry.error_reports import ReportOutcome
from telemetry.events import BreakerState, Dependency
from telemetry.trace_export import ExportOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One sample; `labels` are the metric's label values in its own order."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()


Look = Callable[[], Iterable[Reading]]
"""Looks now; cheap, touches no dependency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSizes:
    """How many connections a pool holds and how many callers wait for one."""

    pool: str
    idle: int
    used: int
    maximum: int
    pending: int


def pool_look(sizes: Callable[[], PoolSizes]) -> Look:
    """Look at a pool's connections."""

    def look() -> Iterator[Reading]:
        now = sizes()
        yield Reading(metric=DB_CONNECTION_COUNT, value=now.idle, labels=(now.pool, "idle"))
        yield Reading(metric=DB_CONNECTION_COUNT, value=now.used, labels=(now.pool, "used"))
        yield Reading(metric=DB_CONNECTION_MAX, value=now.maximum, labels=(now.pool,))
        yield Reading(metric=DB_CONNECTION_PENDING_REQUESTS, value=now.pending, labels=(now.pool,))

    return look


def concurrency_look(limit: Callable[[], int]) -> Look:
    """Look at how many requests may be at work at once."""

    def look() -> Iterator[Reading]:
        yield Reading(metric=CONCURRENCY_LIMIT, value=limit())

    return look


def dependencies_look(is_up: Callable[[], Mapping[Dependency, bool]]) -> Look:
    """Look at which dependencies answer, as last seen."""

    def look() -> Iterator[Reading]:
        for dependency, up in is_up().items():
            yield Reading(metric=DEPENDENCY_UP, value=float(up), labels=(dependency,))

    return look


def breakers_look(states: Callable[[], Mapping[str, BreakerState]]) -> Look:
    """Look at the state of each circuit breaker."""

    def look() -> Iterator[Reading]:
        for name, present in states().items():
            for state in get_args(BreakerState):
                yield Reading(metric=CIRCUIT_BREAKER_STATE, value=float(state == present), labels=(name, state))

    return look


def tasks_look() -> Iterator[Reading]:
    """Look at the running event loop's tasks; there must be one."""
    yield Reading(metric=ASYNCIO_TASKS, value=len(asyncio.all_tasks()))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCounts:
    """How many log lines were written, by level, given up by the sink, and left out by sampling."""

    written: Mapping[str, int]
    dropped: int
    sampled_out: int


def logs_look(counts: Callable[[], LogCounts]) -> Look:
    """Look at what became of log lines."""

    def look() -> Iterator[Reading]:
        now = counts()
        for level, count in now.written.items():
            yield Reading(metric=LOG_EVENTS, value=count, labels=(level,))
        yield Reading(metric=LOG_EVENTS_DROPPED, value=now.dropped)
        yield Reading(metric=LOG_EVENTS_SAMPLED_OUT, value=now.sampled_out)

    return look


def reports_look(counts: Callable[[], Mapping[ReportOutcome, int]]) -> Look:
    """Look at what became of reports of bugs."""

    def look() -> Iterator[Reading]:
        for outcome, count in counts().items():
            yield Reading(metric=SENTRY_EVENTS, value=count, labels=(outcome,))

    return look


def observers_look(dropped: Callable[[], int]) -> Look:
    """Look at how many events readers lost by failing."""

    def look() -> Iterator[Reading]:
        yield Reading(metric=OBSERVER_FAILURES, value=dropped())

    return look


def exports_look(counts: Callable[[], Mapping[ExportOutcome, int]]) -> Look:
    """Look at what became of the requests that were to be sent to a collector of traces."""

    def look() -> Iterator[Reading]:
        for outcome, count in counts().items():
            yield Reading(metric=TRACE_EXPORTS, value=count, labels=(outcome,))

    return look

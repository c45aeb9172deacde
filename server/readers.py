"""Every reader of events there is, put together: metrics, logs, stage times, the health of dependencies."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from server.service import Service
from server.settings import Settings
from telemetry.context import Identifier
from telemetry.dependency_health import DependencyHealth
from telemetry.events import Observe
from telemetry.log_sink import Sink
from telemetry.logs import Logs, lines_for
from telemetry.metrics import Metrics, Names
from telemetry.observers import Observers
from telemetry.readings import breakers_look, dependencies_look, logs_look, observers_look, tasks_look
from telemetry.server_timing import time_stages

POOL = "postgres"
STANDARD_ERROR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The readers of events, where to tell them, and what the outbound layers of all dependencies share."""

    observe: Observe
    metrics: Metrics
    sink: Sink
    make_context: Identifier
    senses: Senses


def telemetry_for(service: Service, settings: Settings, *, also: Sequence[Observe] = ()) -> Telemetry:
    """Every reader there is, and others that want to hear it."""
    sink = Sink(STANDARD_ERROR)
    render = lines_for(STANDARD_ERROR, service=service.name, environment=os.environ)
    logs = Logs(render, sink, level=settings.log_level)
    metrics = Metrics(service=service.name, version=service.version, names=names_in(service))
    health = DependencyHealth([upstream.name for upstream in service.upstreams])
    observers = Observers([metrics, logs, time_stages, health, *also])
    metrics.look_at(tasks_look)
    metrics.look_at(logs_look(lambda: logs.lines, lambda: sink.dropped))
    metrics.look_at(observers_look(lambda: observers.dropped))
    metrics.look_at(dependencies_look(lambda: health.up))
    senses = Senses(observe=observers)
    metrics.look_at(breakers_look(lambda: senses.breakers.states))
    return Telemetry(observe=observers, metrics=metrics, sink=sink, make_context=Identifier(), senses=senses)


def names_in(service: Service) -> Names:
    """What there will be to measure; targets are the classes of work breakers, bulkheads and retries are counted by."""
    policies = [PoolPolicy().reads(POOL), PoolPolicy().writes(POOL), RedisPolicy().commands()]
    for upstream in service.upstreams:
        policies += [upstream.policy.for_reads(upstream.name), upstream.policy.for_single_writes(upstream.name)]
    return Names(
        pools=[POOL],
        targets=[policy.name for policy in policies],
        upstreams=[upstream.name for upstream in service.upstreams],
    )

"""What Prometheus evaluates, as data: recording rules, alerts, and the groups they stand in; all in real time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["page", "ticket", "none"]
"""Wake somebody now; somebody looks on the next working day; nobody is told (a heartbeat)."""

Board = Literal["slo", "service", "postgres", "redis", "resilience", "callers", "runtime", "telemetry"]
"""A dashboard; its uid in Grafana is `mainstay-` and this word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """A series that is computed once for all who ask for it; `record` is its name, `level:metric:operations`."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A condition somebody should know of.

    `expr` is PromQL with durations in real time, also as numbers of seconds (`> 10m`); `telemetry/render/scale.py` says
    what becomes of them. It must have held for `for_seconds`, and holds on for `keep_firing_seconds` after it has
    ended. `summary` and `description` are Prometheus templates (`{{ $labels.instance }}`, `{{ $value | humanize }}`);
    its runbook is the page of its name, its first look the `board`.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    board: Board
    for_seconds: float = 0.0
    keep_firing_seconds: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules evaluated one after the other, every `interval_seconds`; None is as often as Prometheus does by itself."""

    name: str
    rules: Sequence[RecordingRule | AlertRule]
    interval_seconds: float | None = None

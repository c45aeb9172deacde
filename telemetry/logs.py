"""The reader that turns events into log lines."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from telemetry import events as e
from telemetry.context import RequestContext
from telemetry.deployment import Deployment
from telemetry.glances import Glance, Whole, whole
from telemetry.log_format import Render, json_lines
from telemetry.log_line import LEVELS
from telemetry.log_lines import NEVER_A_LINE, line_of
from telemetry.log_sampling import EVERYTHING, Meter, Sample, is_kept
from telemetry.observers import Read, reading
from telemetry.terminal_lines import human_lines

_Answered = e.RequestFinished | e.AuthenticationFailed | e.RequestMalformed | e.ClientDisconnected
"""What comes with requests by the thousand, of which a part may stand for all; its healthy lines are all _ORDINARY."""

_ORDINARY: e.LogLevel = "info"
_FIRST_ERROR = 400
_FIRST_SERVER_ERROR = 500


class LineSink(Protocol):
    """Takes finished lines; neither waits nor raises."""

    def write(self, line: bytes) -> None:
        """Take a line, its newline included."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPolicy:
    """From which level lines are written, which part of the healthy requests', and when a request is slow."""

    level: e.LogLevel = "info"
    sample: Sample = EVERYTHING
    slow_seconds: float = 1.0


WRITE_ALL = LogPolicy()
"""Every line from info on."""


class Logs:
    """Writes a line for each event worth one, and counts what it wrote and what it left out.

    Left out are lines of requests that were answered in time and without an error of ours. Those answered as asked and
    those refused are metered apart, so that a flood of refusals does not hide what is well.
    """

    __slots__ = (
        "_answered",
        "_grave_enough",
        "_level",
        "_lines",
        "_now",
        "_refused",
        "_render",
        "_sink",
        "_slow_seconds",
        "_takes_ordinary",
        "sampled_out",
    )

    def __init__(
        self, render: Render, sink: LineSink, *, policy: LogPolicy = WRITE_ALL, now: Callable[[], float] = time.time
    ) -> None:
        self._render = render
        self._sink = sink
        self._now = now
        self._slow_seconds = policy.slow_seconds
        self._answered = Meter(policy.sample, now=now)
        self._refused = Meter(policy.sample, now=now)
        self._lines: dict[str, int] = dict.fromkeys(LEVELS, 0)
        self.sampled_out = 0
        self.level = policy.level

    @property
    def lines(self) -> Mapping[str, int]:
        """How many lines were written, by level."""
        return self._lines

    @property
    def level(self) -> e.LogLevel:
        """From which level lines are written."""
        return self._level

    @level.setter
    def level(self, level: e.LogLevel) -> None:
        self._level: e.LogLevel = level
        self._grave_enough = frozenset(LEVELS[LEVELS.index(level) :])
        self._takes_ordinary = _ORDINARY in self._grave_enough

    def reader_of(self, event: e.Event) -> Read | None:
        """Who writes lines of this kind of event; nobody what is never worth one."""
        if isinstance(event, NEVER_A_LINE):
            return None
        if isinstance(event, e.DependencyCalled):
            return reading(event, self._called)
        return reading(event, self._answered_or_refused) if isinstance(event, _Answered) else self._write

    def __call__(self, event: e.Event) -> None:
        """Write the event's line where it has one that is grave enough; Observers asks `reader_of` once for a kind."""
        read = self.reader_of(event)
        if read is not None:
            read(event)

    def _called(self, event: e.DependencyCalled) -> None:
        """Write the line of a call that failed; there are several to a request, and none of those that are answered."""
        if event.outcome != "ok":
            self._write(event)

    def glance_of(self, like: e.RequestFinished) -> Glance:
        """What looks whether those answered like this one have a line."""
        meter, slow_seconds = self._meter_of(like.status), self._slow_seconds
        if meter is None:
            return whole(self._write)

        def glance(seconds: float, context: RequestContext) -> Whole | None:
            return self._write if seconds >= slow_seconds else self._writer(meter, context.trace_id)

        return glance

    def _answered_or_refused(self, event: _Answered) -> None:
        """Write the line of one of those of which a part may stand for all, if it is in that part."""
        if isinstance(event, e.RequestFinished):
            meter = None if event.duration_seconds >= self._slow_seconds else self._meter_of(event.status)
        else:
            meter = self._refused
        write = self._write if meter is None else self._writer(meter, event.trace_id)
        if write is not None:
            write(event)

    def _writer(self, meter: Meter, trace_id: str) -> Callable[[e.Event], None] | None:
        """Who writes an ordinary line; None where it is left out."""
        if not self._takes_ordinary:
            return None
        ratio = meter.ratio()
        if is_kept(trace_id, ratio):
            return partial(self._write, ratio=ratio)
        self.sampled_out += 1
        return None

    def _write(self, event: e.Event, *, ratio: float = 1.0) -> None:
        line = line_of(event)
        if line is not None and (line.level in self._grave_enough or isinstance(event, e.LogLevelChanged)):
            if ratio < 1:
                line.fields["sample.ratio"] = round(ratio, 6)
            self._lines[line.level] += 1
            self._sink.write(self._render(line, self._now()))

    def _meter_of(self, status: int) -> Meter | None:
        """What tells how many lines of requests answered so are kept; None where each of them is."""
        if status >= _FIRST_SERVER_ERROR:
            return None
        return self._refused if status >= _FIRST_ERROR else self._answered


def lines_for(descriptor: int, *, deployment: Deployment, environment: Mapping[str, str]) -> Render:
    """Words for a person where the descriptor is a terminal (coloured unless `NO_COLOR` is set), otherwise JSON."""
    if os.isatty(descriptor):
        return human_lines(coloured=not environment.get("NO_COLOR"))
    return json_lines(deployment)

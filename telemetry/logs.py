"""The reader that turns events into log lines."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from telemetry.events import Event
from telemetry.log_format import Render, human_lines, json_lines
from telemetry.log_line import LEVELS, Level
from telemetry.log_lines import line_of


class LineSink(Protocol):
    """Takes finished lines; neither waits nor raises."""

    def write(self, line: bytes) -> None:
        """Take a line, its newline included."""
        ...


class Logs:
    """Writes a line for each event worth one, from `level` upwards, and counts what it wrote."""

    __slots__ = ("_grave_enough", "_lines", "_now", "_render", "_sink")

    def __init__(
        self, render: Render, sink: LineSink, *, level: Level = "info", now: Callable[[], float] = time.time
    ) -> None:
        self._render = render
        self._sink = sink
        self._now = now
        self._grave_enough = frozenset(LEVELS[LEVELS.index(level) :])
        self._lines: dict[str, int] = dict.fromkeys(LEVELS, 0)

    @property
    def lines(self) -> Mapping[str, int]:
        """How many lines were written, by level."""
        return self._lines

    def __call__(self, event: Event) -> None:
        """Write the event's line where it has one that is grave enough."""
        line = line_of(event)
        if line is not None and line.level in self._grave_enough:
            self._lines[line.level] += 1
            self._sink.write(self._render(line, self._now()))


def lines_for(descriptor: int, *, service: str, environment: Mapping[str, str]) -> Render:
    """Words for a person where the descriptor is a terminal (coloured unless `NO_COLOR` is set), otherwise JSON."""
    if os.isatty(descriptor):
        return human_lines(coloured=not environment.get("NO_COLOR"))
    return json_lines(service)

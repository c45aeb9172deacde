"""One line of the log, before it is rendered."""

from dataclasses import dataclass, field

from telemetry.events import LogLevel

LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")

Value = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line before it is rendered; `text` (a traceback) stands apart, as it has lines of its own."""

    level: LogLevel
    event: str
    message: str
    fields: dict[str, Value] = field(default_factory=dict)
    text: str = ""

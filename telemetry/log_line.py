"""One line of the log, before it is rendered."""

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line before it is rendered; `text` (a traceback) stands apart, as it has lines of its own."""

    level: Level
    event: str
    message: str
    fields: dict[str, Value] = field(default_factory=dict)
    text: str = ""

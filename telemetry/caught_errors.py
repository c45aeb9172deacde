"""An exception as plain values: what it was, what it said, and where; and what stood behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Standing = Literal["raised", "cause", "context", "member"]
"""Raised by itself; the cause of the one that follows it; what was being handled as that came; one of a group."""

_BETWEEN: dict[Standing, str] = {
    "raised": "",
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
    "member": "The above exception is one of the group that follows:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A place in the code on the way to where an exception was raised; `source` is its line, empty where unknown."""

    path: str
    module: str
    function: str
    line_number: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtError:
    """One exception: `message` has nothing private in it, `frames` are the outermost first."""

    error_type: str
    module: str
    message: str
    standing: Standing = "raised"
    frames: tuple[Frame, ...] = ()

    @property
    def sentence(self) -> str:
        """Its type and its message, as Python has it."""
        name = self.error_type if self.module in ("builtins", "__main__") else f"{self.module}.{self.error_type}"
        return f"{name}: {self.message}" if self.message else name


def traceback_of(errors: Sequence[CaughtError]) -> str:
    """The text that Python would print, near enough; the error that was caught comes last."""
    parts = []
    for error in errors:
        lines = ["Traceback (most recent call last):"] if error.frames else []
        for frame in error.frames:
            lines.append(f'  File "{frame.path}", line {frame.line_number}, in {frame.function}')
            lines += [f"    {frame.source}"] if frame.source else []
        between = _BETWEEN[error.standing]
        parts.append("\n".join([*lines, error.sentence, *(["", between, ""] if between else []), ""]))
    return "".join(parts)

"""What is wrong with a file: its bad lines, all counted, the first of them told."""

from dataclasses import dataclass

from middleware.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line of a file, counted from 1, and everything that is wrong with it."""

    line: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLines:
    """The bad lines of a file: how many, and the first of them."""

    count: int = 0
    first: tuple[BadLine, ...] = ()

    def joined(self, others: "BadLines", *, shown: int) -> "BadLines":
        """These and others of the same file."""
        first = sorted((*self.first, *others.first), key=lambda bad: bad.line)
        return BadLines(count=self.count + others.count, first=tuple(first[:shown]))

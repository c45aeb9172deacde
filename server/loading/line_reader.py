"""Reads a file's lines as rows, one at a time, and keeps account of the bad ones."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from middleware.errors import Fault, Invalid, Malformed, TooLarge
from server.loading.data_files import DataFile
from server.requests.record_input import RecordInput
from storage.bulk.bad_lines import BadLine, BadLines
from storage.bulk.row_maker import Row, RowMaker, Sealed, as_they_are

LINES_AT_ONCE = 1_000
"""How often it tells how far it is: a few dozen times a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """How long a line may be, in bytes, and how many bad lines of a file are shown; the rest are counted."""

    line_bytes: int = 1_048_576
    shown: int = 100


class LineReader:
    """One pass over a file; holds no more than a line at a time."""

    def __init__(
        self,
        file: DataFile,
        *,
        limits: ReadingLimits,
        advanced: Callable[[int], None],
        sealed: Sealed = as_they_are,
    ) -> None:
        """`advanced` is told how many more lines have been read; `sealed` encrypts what is stored so."""
        self._file = file
        self._input = RecordInput(file.record_type)
        self._rows = RowMaker(file.record_type, sealed=sealed)
        self._limits = limits
        self._advanced = advanced
        self._count = 0
        self._first: list[BadLine] = []

    @property
    def bad(self) -> BadLines:
        """The bad lines met so far."""
        return BadLines(count=self._count, first=tuple(self._first))

    def rows(self) -> Iterator[Row]:
        """The good lines; empty ones are passed over. Raises OSError where the file cannot be read."""
        number = 0
        with self._file.path.open("rb") as source:
            for number, raw in enumerate(self._lines(source), start=1):
                if number % LINES_AT_ONCE == 0:
                    self._advanced(LINES_AT_ONCE)
                row = self._row(raw.rstrip(b"\r\n"), number)
                if row is not None:
                    yield row
        self._advanced(number % LINES_AT_ONCE)

    def _lines(self, source: BinaryIO) -> Iterator[bytes]:
        """Each line, cut off where it is longer than it may be: one byte more shows that."""
        longest = self._limits.line_bytes + 1
        raw = source.readline(longest).removeprefix(codecs.BOM_UTF8)
        while raw:
            yield raw
            while len(raw) == longest and not raw.endswith(b"\n"):
                raw = source.readline(longest)
            raw = source.readline(longest)

    def _row(self, raw: bytes, number: int) -> Row | None:
        if not raw.strip():
            return None
        if len(raw) > self._limits.line_bytes:
            detail = f"a line has at most {self._limits.line_bytes:,} bytes"
            self._refuse(number, (Fault(code=TooLarge.kind, detail=detail, pointer=""),))
            return None
        try:
            return self._rows.row(self._input.keyed(raw), line=number)
        except (Malformed, Invalid) as problem:
            self._refuse(number, tuple(map(_within_line, problem.faults)))
            return None

    def _refuse(self, number: int, faults: tuple[Fault, ...]) -> None:
        self._count += 1
        if len(self._first) < self._limits.shown:
            self._first.append(BadLine(line=number, faults=faults))


def _within_line(fault: Fault) -> Fault:
    """The parser counts lines of its own: of a single line, only the column tells anything."""
    return replace(fault, detail=fault.detail.removeprefix("line 1, "))

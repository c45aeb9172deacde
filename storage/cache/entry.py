"""How an answer is written down in Redis, and read back: lengths in a line of text, then the bytes."""

from collections.abc import Sequence
from typing import Any

from telemetry.frozen import frozen

Rows = list[tuple[Any, ...]]
"""What a statement returned: texts as bytes, integers as themselves, NULL as None."""

_FORM = b"1"
"""Raised when the form changes; what is written otherwise is not read."""


@frozen
class Entry:
    """An answer, the generations it was asked under, when, and when to ask anew; microseconds of Redis's clock."""

    rows: Rows
    generations: bytes
    asked_at: int
    renewed_at: int


def packed(answer: Entry) -> bytes | None:
    """The answer in bytes; None where it holds what is not written down."""
    cells: list[bytes] = []
    parts: list[bytes] = []
    for row in answer.rows:
        if cells:
            cells.append(b"/")
        for value in row:
            if type(value) is bytes:
                cells.append(b"%d" % len(value))
                parts.append(value)
            elif type(value) is int:
                cells.append(b"=%d" % value)
            elif value is None:
                cells.append(b"-")
            else:
                return None
    head = b" ".join((_FORM, b"%d" % answer.asked_at, b"%d" % answer.renewed_at, *cells))
    return b"\n".join((answer.generations, head, b"".join(parts)))


def unpacked(entry: bytes) -> Entry | None:
    """The answer; None where the bytes are none."""
    try:
        generations, head, body = entry.split(b"\n", 2)
        form, asked_at, renewed_at, *cells = head.split(b" ")
        if form != _FORM:
            return None
        rows = _rows(cells, body)
        return Entry(rows=rows, generations=generations, asked_at=int(asked_at), renewed_at=int(renewed_at))
    except ValueError:
        return None


def _rows(cells: Sequence[bytes], body: bytes) -> Rows:
    """The rows, cut out of the body, all of which they are; raises ValueError for anything else."""
    row: list[Any] = []
    rows: list[list[Any]] = [row] if cells else []
    place = 0
    for cell in cells:
        if cell.isdigit():
            end = place + int(cell)
            row.append(body[place:end])
            place = end
        elif cell == b"/":
            row = []
            rows.append(row)
        elif cell == b"-":
            row.append(None)
        elif cell.startswith(b"="):
            row.append(int(cell[1:]))
        else:
            raise ValueError("no cell")
    if place != len(body):
        raise ValueError("not all of the body is in its cells")
    return [tuple(one) for one in rows]

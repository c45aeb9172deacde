"""Rows in the text format of Postgres' COPY (PostgreSQL manual, COPY, "Text Format")."""

from collections.abc import Iterable

from storage.postgres.array_text import Scalar

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_line(values: Iterable[Scalar]) -> str:
    """One row; texts, numbers and booleans as Postgres reads them, None as NULL."""
    return "\t".join(map(_cell, values)) + "\n"


def _cell(value: Scalar) -> str:
    if value is None:
        return NULL
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)

"""Arrays as text, the one form Postgres reads as an array of any element type."""

from collections.abc import Sequence

Scalar = str | int | float | bool | None


def array_text(values: Sequence[Scalar]) -> str:
    """Write `{"a","b",NULL}`; text is quoted, so that it holds any character (PostgreSQL manual, 8.15.6)."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Scalar) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "t" if value else "f"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case _:
            return str(value)

"""From a field's limits to CHECK expressions, where Postgres would judge every value as pydantic does."""

from collections.abc import Callable, Iterator

from storage.record_type import RecordField, RecordType
from storage.tables.regex_subset import means_the_same
from storage.tables.sql_literals import bound, container, number, quoted

Expression = Callable[[str], str]
"""Writes the condition about a column, given the column's quoted name."""

_COMPARISONS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_LENGTHS = {"min_length": ">=", "max_length": "<="}


def checks_of(record_type: RecordType, field: RecordField) -> Iterator[tuple[str, Expression]]:
    """The limits that become CHECKs, each with its name; the others are held to by validation alone."""
    if field.encrypted:
        return
    yield from _bounds(field)
    yield from _multiple(field)
    yield from _lengths(record_type, field)
    yield from _values(field)
    yield from _pattern(record_type, field)


def _bounds(field: RecordField) -> Iterator[tuple[str, Expression]]:
    for limit, sign in _COMPARISONS.items():
        literal = bound(field.kind, getattr(field.limits, limit))
        if literal is not None:
            yield limit, _compared(f"{sign} {literal}")


def _multiple(field: RecordField) -> Iterator[tuple[str, Expression]]:
    """A float's multiple is a matter of tolerance, on which pydantic and Postgres do not agree."""
    step = number(field.limits.multiple_of)
    if step is not None and field.kind in ("integer", "decimal"):
        yield "multiple_of", lambda column: f"mod({column}, {step}) = 0"


def _lengths(record_type: RecordType, field: RecordField) -> Iterator[tuple[str, Expression]]:
    for limit, sign in _LENGTHS.items():
        count = getattr(field.limits, limit)
        if count is None:
            continue
        if field.kind == "string":
            yield limit, _characters(f"{sign} {count}")
        elif field.kind == "json" and container(record_type.model.model_fields[field.name].annotation) is list:
            yield limit, _items(f"{sign} {count}")


def _compared(comparison: str) -> Expression:
    return lambda column: f"{column} {comparison}"


def _characters(comparison: str) -> Expression:
    return lambda column: f"char_length({column}) {comparison}"


def _items(comparison: str) -> Expression:
    # CASE, since AND may look at the length of what is no array, which is an error.
    return lambda column: (
        f"CASE jsonb_typeof({column}) WHEN 'array' THEN jsonb_array_length({column}) {comparison} ELSE false END"
    )


def _values(field: RecordField) -> Iterator[tuple[str, Expression]]:
    if field.limits.values:
        members = ", ".join(quoted(value) if isinstance(value, str) else str(value) for value in field.limits.values)
        yield "values", _compared(f"IN ({members})")


def _pattern(record_type: RecordType, field: RecordField) -> Iterator[tuple[str, Expression]]:
    pattern = field.limits.pattern
    engine = record_type.model.model_config.get("regex_engine", "rust-regex")
    if pattern is not None and field.kind == "string" and engine == "rust-regex" and means_the_same(pattern):
        yield "pattern", _compared(f"~ {quoted(pattern)}")

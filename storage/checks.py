"""From a field's limits to CHECK expressions, where Postgres would judge every value as pydantic does."""

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from storage.record_type import RecordField, RecordType
from storage.regex_subset import means_the_same
from storage.sql_literals import bound, number, quoted

Expression = Callable[[str], str]
"""Writes the condition about a column, given the column's quoted name."""

_COMPARISONS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def checks_of(record_type: RecordType, field: RecordField) -> Iterator[tuple[str, Expression]]:
    """The limits that become CHECKs, each with its name; the others are held to by validation alone."""
    yield from _bounds(field)
    yield from _multiple(field)
    yield from _lengths(record_type, field)
    yield from _values(field)
    yield from _pattern(record_type, field)


def _bounds(field: RecordField) -> Iterator[tuple[str, Expression]]:
    for limit, sign in _COMPARISONS.items():
        literal = bound(field.kind, getattr(field.limits, limit))
        if literal is not None:
            yield limit, lambda column, sign=sign, literal=literal: f"{column} {sign} {literal}"  # type: ignore[misc]


def _multiple(field: RecordField) -> Iterator[tuple[str, Expression]]:
    """A float's multiple is a matter of tolerance, on which pydantic and Postgres do not agree."""
    step = number(field.limits.multiple_of)
    if step is not None and field.kind in ("integer", "decimal"):
        yield "multiple_of", lambda column: f"mod({column}, {step}) = 0"


def _lengths(record_type: RecordType, field: RecordField) -> Iterator[tuple[str, Expression]]:
    for limit, sign in (("min_length", ">="), ("max_length", "<=")):
        count = getattr(field.limits, limit)
        if count is None:
            continue
        if field.kind == "string":
            yield limit, lambda column, sign=sign, count=count: f"char_length({column}) {sign} {count}"  # type: ignore[misc]
        elif field.kind == "json" and _is_list(record_type.model.model_fields[field.name].annotation):
            yield limit, _items(sign, count)


def _items(sign: str, count: int) -> Expression:
    # CASE, since AND may look at the length of what is no array, which is an error.
    return lambda column: (
        f"CASE jsonb_typeof({column}) WHEN 'array' THEN jsonb_array_length({column}) {sign} {count} ELSE false END"
    )


def _values(field: RecordField) -> Iterator[tuple[str, Expression]]:
    if field.limits.values:
        members = ", ".join(quoted(value) if isinstance(value, str) else str(value) for value in field.limits.values)
        yield "values", lambda column: f"{column} IN ({members})"


def _pattern(record_type: RecordType, field: RecordField) -> Iterator[tuple[str, Expression]]:
    pattern = field.limits.pattern
    engine = record_type.model.model_config.get("regex_engine", "rust-regex")
    if pattern is not None and field.kind == "string" and engine == "rust-regex" and means_the_same(pattern):
        yield "pattern", lambda column: f"{column} ~ {quoted(pattern)}"


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_list(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return all(_is_list(member) for member in get_args(annotation) if member is not type(None))
    return (origin or annotation) is list

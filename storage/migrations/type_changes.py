"""Which changes of a column's type keep every value, and how Postgres is told to convert the values."""

import re

_NUMBERS = frozenset({"SMALLINT", "INTEGER", "BIGINT", "NUMERIC", "REAL", "DOUBLE PRECISION"})
_TIMES = frozenset({"DATE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE"})
_WIDER = frozenset(
    {
        ("SMALLINT", "BIGINT"),
        ("INTEGER", "BIGINT"),
        ("SMALLINT", "NUMERIC"),
        ("INTEGER", "NUMERIC"),
        ("BIGINT", "NUMERIC"),
        ("REAL", "DOUBLE PRECISION"),
        ("DATE", "TIMESTAMP WITH TIME ZONE"),
    }
)
_NUMERIC = re.compile(r"NUMERIC\((\d+), (\d+)\)")
_BIGINT_DIGITS = 19
"""The digits of the largest bigint, 9223372036854775807."""


def keeps_values(old: str, new: str) -> bool:
    """Whether every value of the old type has its equal in the new one."""
    if new == "TEXT" or (old, new) in _WIDER:
        return True
    to = _NUMERIC.fullmatch(new)
    if _family(old) == "NUMERIC":
        came = _NUMERIC.fullmatch(old)
        return new == "NUMERIC" or bool(
            came and to and _holds(to, whole_digits=int(came[1]) - int(came[2]), places=int(came[2]))
        )
    return bool(
        to and (old, "BIGINT") in {*_WIDER, ("BIGINT", "BIGINT")} and _holds(to, whole_digits=_BIGINT_DIGITS, places=0)
    )


def _holds(numeric: re.Match[str], *, whole_digits: int, places: int) -> bool:
    return int(numeric[2]) >= places and int(numeric[1]) - int(numeric[2]) >= whole_digits


def rewrites_table(old: str, new: str) -> bool:
    """Whether Postgres writes the whole table anew; nobody can use it meanwhile."""
    if _family(old) == _family(new) == "NUMERIC" and keeps_values(old, new):
        came, to = _NUMERIC.fullmatch(old), _NUMERIC.fullmatch(new)
        return bool(came and to and came[2] != to[2])
    return not (new == "TEXT" and old.startswith("VARCHAR"))


def converted(value: str, *, old: str, new: str) -> str:
    """The value as the new type: by a cast where there is one, otherwise by way of its text."""
    if _family(new) == "TEXT" or {_family(old), _family(new)} <= _NUMBERS or {old, new} <= _TIMES:
        return f"{value}::{new}"
    return f"{value}::text::{new}"


def _family(name: str) -> str:
    return name.partition("(")[0]

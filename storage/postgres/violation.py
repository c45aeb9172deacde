"""What the database forbids, with the names a caller of ours can be told about."""

from typing import Literal

from middleware.errors import Conflict, Invalid

ConflictRule = Literal["unique", "exclusion", "missing_reference", "still_referenced"]
InvalidRule = Literal["check", "not_null", "too_long", "out_of_range", "bad_value"]


class ForbiddenByOthers(Conflict):
    """Another record stands in the way.

    `rule` says how: `unique` and `exclusion` (another has this value), `missing_reference` (this one points
    at a record that is not there), `still_referenced` (others point at this one). `table` bears the
    constraint: for both reference rules it is the one that points. Empty names are unknown.
    """

    def __init__(self, rule: ConflictRule, *, constraint: str = "", table: str = "", column: str = "") -> None:
        super().__init__(_CONFLICT_DETAIL[rule])
        self.rule = rule
        self.constraint = constraint
        self.table = table
        self.column = column


class ForbiddenValue(Invalid):
    """A value breaks a rule of its column.

    `rule` says which: `check`, `not_null`, `too_long`, `out_of_range`, or `bad_value` (not of the column's type).
    Empty names are unknown: Postgres names a place only where a constraint is broken.
    """

    def __init__(self, rule: InvalidRule, *, constraint: str = "", table: str = "", column: str = "") -> None:
        super().__init__(_INVALID_DETAIL[rule])
        self.rule = rule
        self.constraint = constraint
        self.table = table
        self.column = column


_CONFLICT_DETAIL: dict[ConflictRule, str] = {
    "unique": "Another record has this value already.",
    "exclusion": "Another record excludes this value.",
    "missing_reference": "The record this one refers to does not exist.",
    "still_referenced": "Other records refer to this one.",
}

_INVALID_DETAIL: dict[InvalidRule, str] = {
    "check": "A value breaks its column's rule.",
    "not_null": "A value that must be there is missing.",
    "too_long": "A value is too long.",
    "out_of_range": "A number is out of range.",
    "bad_value": "A value cannot be read as its column's type.",
}

"""What Postgres' error codes mean to us: the edge where the driver's errors become ours.

Codes are from the PostgreSQL manual, appendix A. The cause is kept on each error (`raise … from`); no value of
a row, which Postgres puts into its messages, reaches the sentence a caller may read.
"""

from collections.abc import Callable, Mapping

import psycopg2

from middleware.errors import (
    Bug,
    Elapsed,
    OutcomeUnknown,
    Overloaded,
    Problem,
    SerializationFailure,
    Unavailable,
)
from storage.postgres.refused_connects import NO_ROOM
from storage.postgres.violation import ConflictRule, ForbiddenByOthers, ForbiddenValue, InvalidRule

INVALID_STATEMENT_NAME = "26000"
FEATURE_NOT_SUPPORTED = "0A000"
"""Among others: "cached plan must not change result type"."""

STALE_STATEMENT = frozenset({INVALID_STATEMENT_NAME, FEATURE_NOT_SUPPORTED})
"""An EXECUTE that fails so did nothing and works once the statement has been prepared anew."""

EXECUTION_CLASSES = frozenset({"23", "40"})
"""Errors only an EXECUTE raises: whatever was prepared in the same breath is prepared."""

READ_ONLY = "25006"
"""The server takes no writes: it is a replica now, and the connection points at the wrong one."""

LOST = ("08", "57P", READ_ONLY, "25P03")
"""Beginnings of the codes after which a connection is of no use: connection exceptions; the server ending it
(shutdown, crash, idle timeouts, a transaction left idle); a replica where a primary was."""

_CONFLICTS: Mapping[str, ConflictRule] = {
    "23505": "unique",
    "23P01": "exclusion",
    "23001": "still_referenced",
}
_INVALID: Mapping[str, InvalidRule] = {
    "23502": "not_null",
    "23514": "check",
    "22001": "too_long",
    "54000": "too_long",  # an index entry over a third of a page
    "22003": "out_of_range",
    "22008": "out_of_range",
}
_PROBLEMS: Mapping[str, Callable[[], Problem]] = {
    "40": SerializationFailure,
    "40003": OutcomeUnknown,
    "53": Overloaded,
    "55P03": Elapsed,  # lock_timeout
    "57014": Elapsed,  # statement_timeout
    "58": Unavailable,  # the server's disk or system fails it
}
"""By the code or its class; what is not here is a mistake of ours."""


def sqlstate_of(error: psycopg2.Error) -> str:
    """Return the error's five characters, empty where the server had no say (or no time for one)."""
    return error.pgcode or ""


def is_lost(error: psycopg2.Error) -> bool:
    """Tell whether the connection is of no more use after this error."""
    code = sqlstate_of(error)
    if not code:
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return code.startswith(LOST)


def translated(error: psycopg2.Error, *, lost: bool, writing: bool) -> Problem:
    """Say the driver's error in our words.

    `lost` tells that the connection is gone, `writing` that a change was being made outside a transaction.
    """
    code = sqlstate_of(error)
    if lost:
        known = code == READ_ONLY or isinstance(error, psycopg2.InterfaceError)  # refused; never sent
        return OutcomeUnknown() if writing and not known else Unavailable()
    return _violation(code, error) or _problem(code)


def refused(error: psycopg2.Error) -> Unavailable:
    """Say in our words why a connection could not be opened."""
    return Overloaded() if any(words in str(error) for words in NO_ROOM) else Unavailable()


def _problem(code: str) -> Problem:
    return (_PROBLEMS.get(code) or _PROBLEMS.get(code[:2]) or Bug)()


def _violation(code: str, error: psycopg2.Error) -> Problem | None:
    diagnosis = error.diag
    constraint, table = diagnosis.constraint_name or "", diagnosis.table_name or ""
    column = diagnosis.column_name or ""
    if code == "23503":
        rule = _reference_rule(diagnosis.message_primary or "")
        return ForbiddenByOthers(rule, constraint=constraint, table=table)
    if code in _CONFLICTS:
        return ForbiddenByOthers(_CONFLICTS[code], constraint=constraint, table=table, column=column)
    if code in _INVALID or code[:2] == "22":
        rule_broken = _INVALID.get(code, "bad_value")
        return ForbiddenValue(rule_broken, constraint=constraint, table=table, column=column)
    return None


def _reference_rule(message: str) -> ConflictRule:
    """Tell the two ends of a foreign key apart; Postgres gives both the same code, table and constraint."""
    return "still_referenced" if message.startswith("update or delete") else "missing_reference"

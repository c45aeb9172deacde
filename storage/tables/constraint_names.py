"""How tables' constraints and indexes are called, so that a name leads back to its fields; at most 63 bytes."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Rule = Literal["key", "unique", "reference", "check", "index"]

LONGEST_NAME = 63
"""How much of a name Postgres keeps, in bytes (PostgreSQL manual, 4.1.1)."""
_SEPARATOR = "__"
_DIGEST_LENGTH = 8
_ENDINGS = re.compile(
    r"key|unique|reference|index|contains|not_null"
    r"|(ge|gt|le|lt|multiple_of|min_length|max_length|values|pattern)_[0-9a-f]{8}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """What stands behind a constraint's or an index's name."""

    rule: Rule
    table: str
    fields: tuple[str, ...]
    limit: str = ""
    """For a check: which of the field's limits it holds to (`ge`, `max_length`, `values`, …)."""
    refers_to: str = ""
    """For a reference: the table it points at."""
    tenant: str = ""
    """For what is unique within a tenant: the field, one of `fields`, that says whose it is."""


def digest(text: str) -> str:
    """Eight hexadecimal digits that stand for `text`."""
    return sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def constraint_name(table: str, fields: tuple[str, ...], *, ending: str) -> str:
    """`product__sku__unique`; what is too long, or could be read in two ways, is cut and bears a digest instead."""
    stem = _SEPARATOR.join((table, *fields))
    name = f"{stem}{_SEPARATOR}{ending}"
    if len(name) <= LONGEST_NAME and all(_reads_one_way(part) for part in (table, *fields)):
        return name
    mark = f"{_SEPARATOR}{digest('.'.join((table, *fields)))}{_SEPARATOR}{ending}"
    return stem[: LONGEST_NAME - len(mark)] + mark


def ending_of(name: str) -> str:
    """What `constraint_name` was told to end the name with."""
    return name.rpartition(_SEPARATOR)[2]


def is_ours(name: str) -> bool:
    """Whether a constraint or an index was named here; one that somebody added by hand is left alone."""
    return bool(_SEPARATOR in name and _ENDINGS.fullmatch(ending_of(name)))


def _reads_one_way(part: str) -> bool:
    return _SEPARATOR not in part and not part.endswith("_") and not part.startswith("_")

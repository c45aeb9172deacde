"""Tells which patterns mean the same to pydantic (Rust, Python) and to Postgres, so that a CHECK may use them.

The subset: printable ASCII literals, punctuation escaped with a backslash, bracket expressions of characters and
ranges, `^` and `$`, groups `(…)` and `(?:…)`, alternatives, and one of `* + ? {n} {n,} {n,m}` after an atom.
Left out are, among others, `.` (it matches a line feed in Postgres only), `\\d` and its kin (Unicode digits in some,
ASCII in others), lazy and possessive quantifiers, look-around, back references, flags and POSIX classes.
"""

import re

_ESCAPED = r"\\[.^$*+?()\[\]{}|\\/-]"
_LITERAL = r"[A-Za-z0-9 !\"#%&',/:;<=>@_`~-]"
_IN_BRACKETS = rf"(?:{_ESCAPED}|[A-Za-z0-9 !\"#$%'()*+,./:;<=>?@_`{{|}}])"
_BRACKETS = re.compile(rf"\[\^?-?(?:{_IN_BRACKETS}-{_IN_BRACKETS}|{_IN_BRACKETS})+-?\]")
_ATOM = re.compile(rf"{_ESCAPED}|{_LITERAL}")
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(,(\d*))?\}")
_LARGEST_COUNT = 255
"""What Postgres allows in {n,m} (PostgreSQL manual, 9.7.3.1)."""


def means_the_same(pattern: str) -> bool:
    """Whether every text that matches `pattern` in Python and Rust matches in Postgres too, and the other way round."""
    rest = _alternatives(pattern, 0)
    return rest == len(pattern) and bool(pattern)


def _alternatives(pattern: str, position: int) -> int:
    """Where the alternatives that start at `position` end; -1 where they leave the subset."""
    while True:
        position = _branch(pattern, position)
        if position < 0 or position == len(pattern) or pattern[position] != "|":
            return position
        position += 1


def _branch(pattern: str, position: int) -> int:
    start = position
    while position < len(pattern) and pattern[position] not in "|)":
        if pattern[position] in "^$":
            position += 1
            continue
        position = _piece(pattern, position)
        if position < 0:
            return -1
    return position if position > start else -1


def _piece(pattern: str, position: int) -> int:
    end = _atom(pattern, position)
    if end < 0:
        return -1
    counted = _QUANTIFIER.match(pattern, end)
    if counted is None:
        return end
    lowest, highest = counted[1], counted[3]
    if int(highest or lowest or 0) > _LARGEST_COUNT or (highest and int(highest) < int(lowest)):
        return -1
    return counted.end()


def _atom(pattern: str, position: int) -> int:
    if pattern[position] == "(":
        inside = position + (3 if pattern.startswith("(?:", position) else 1)
        end = _alternatives(pattern, inside)
        return end + 1 if 0 <= end < len(pattern) and pattern[end] == ")" else -1
    form = _BRACKETS if pattern[position] == "[" else _ATOM
    found = form.match(pattern, position)
    if found is None or not _ranges_ascend(found[0]):
        return -1
    return found.end()


def _ranges_ascend(atom: str) -> bool:
    if not atom.startswith("["):
        return True
    plain = re.sub(r"\\(.)", r"\1", atom[1:-1])
    inner = plain.removeprefix("^")
    return all(inner[at - 1] <= inner[at + 1] for at in range(1, len(inner) - 1) if inner[at] == "-")

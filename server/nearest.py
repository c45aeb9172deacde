"""What somebody probably meant by a word that is none of those there are, and which there are."""

import difflib
from collections.abc import Collection, Iterable

ALIKE = 0.6
"""difflib's own measure of likeness, from which on one word may be meant for another."""


def nearest(word: str, known: Iterable[str], *, alike: float = ALIKE) -> str:
    """The known word most like this one, whatever its case; empty where none is like it."""
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=alike)
    return by_lower[found[0]] if found else ""


def there_are(known: Collection[str]) -> str:
    """`there are id, name`, `there is only id`, `there are none`."""
    return f"there is only {next(iter(known))}" if len(known) == 1 else f"there are {', '.join(known) or 'none'}"

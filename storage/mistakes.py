"""What can be wrong with a declaration, as it is told to whoever wrote it."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong with a declaration: `where` in the file's own words, and what to do about it.

    `source` is the file and line, where they are known.
    """

    where: str
    detail: str
    source: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.source, self.where, self.detail)))


class Misdeclared(Exception):  # noqa: N818 - it says what is wrong
    """A declaration has mistakes."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def source_of(declared: type) -> str:
    """`service.py:12`: where a class is written; empty where that is not known."""
    try:
        file = inspect.getsourcefile(declared)
        return f"{shown(Path(file))}:{inspect.getsourcelines(declared)[1]}" if file else ""
    except (OSError, TypeError):
        return ""


def shown(path: Path) -> Path:
    """The path as a person sees it from where they are."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path

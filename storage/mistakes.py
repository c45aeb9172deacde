"""What can be wrong with a declaration, as it is told to whoever wrote it."""

import ast
import inspect
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong with a declaration: `where` in the file's own words, and what to do about it.

    `source` is the file and line, where they are known; `about` and `other` are the declared values it tells of, for
    whoever knows their lines: the detail ends with the other one.
    """

    where: str
    detail: str
    source: str = ""
    about: object = None
    other: object = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.source, self.where, self.detail)))


class Misdeclared(Exception):  # noqa: N818 - it says what is wrong
    """A declaration has mistakes."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def source_of(declared: type, *, attribute: str = "") -> str:
    """`service.py:12`: where a class, or an attribute of it, is written; empty where that is not known."""
    for owner in declared.__mro__ if attribute else ():
        if attribute in vars(owner).get("__annotations__", {}):
            return _source_of(owner, attribute)
    return _source_of(declared, attribute)


def _source_of(declared: type, attribute: str) -> str:
    try:
        file = inspect.getsourcefile(declared)
        lines, first = inspect.getsourcelines(declared)
    except (OSError, TypeError):
        return ""
    return f"{shown(Path(file))}:{first + _line_within(lines, attribute)}" if file else ""


def _line_within(lines: Sequence[str], attribute: str) -> int:
    """How many lines after the class's first its attribute stands; 0 where it is not found."""
    try:
        written = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except SyntaxError:
        return 0
    for statement in getattr(written, "body", ()):
        if getattr(getattr(statement, "target", statement), "id", getattr(statement, "name", "")) == attribute:
            return int(statement.lineno) - 1
    return 0


def shown(path: Path) -> Path:
    """The path as a person sees it from where they are."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path

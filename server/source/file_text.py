"""A service's file as text: what its names stand for, before anything of it has run."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from storage.mistakes import Mistake, shown

WORDS_FROM = ("server", "pydantic")
"""The modules whose words a file may misspell, and we know them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """A parsed file; `words` are its names for what it imports from us and from pydantic."""

    path: Path
    tree: ast.Module
    words: Mapping[str, object]

    def stands_for(self, node: ast.expr) -> object:
        """What an expression names, as far as it was imported from us or from pydantic; None otherwise."""
        if isinstance(node, ast.Name):
            return self.words.get(node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self.stands_for(node.value), node.attr, None)
        return None

    def mistake(self, node: ast.AST, detail: str, *, where: str) -> Mistake:
        """Something wrong with a part of the file."""
        return Mistake(source=self.place(getattr(node, "lineno", 1)), where=where, detail=detail)

    def place(self, line: int) -> str:
        """A line as a person is shown it."""
        return f"{shown(self.path)}:{line}"

    def parts(self) -> Iterator[tuple[ast.stmt, str]]:
        """Every statement outside of functions, and what it is about: `Note.text`, `Note`, or nothing in particular."""
        yield from _parts(self.tree.body, "")

    def are_in_one_statement(self, first: int, second: int) -> bool:
        """Whether two lines belong to one statement of the module."""
        return any(
            statement.lineno <= min(first, second) and max(first, second) <= (statement.end_lineno or 0)
            for statement in self.tree.body
        )


def file_text(path: Path) -> FileText | None:
    """The file, parsed; None where it is no Python, which importing it tells better."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
    return FileText(path=path, tree=tree, words=dict(_imported(tree)))


def _imported(tree: ast.Module) -> Iterator[tuple[str, object]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in WORDS_FROM:
                    yield alias.asname or alias.name, importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module in WORDS_FROM and not node.level:
            yield from _taken_from(node.module, node)


def _taken_from(module_name: str, node: ast.ImportFrom) -> Iterator[tuple[str, object]]:
    module = importlib.import_module(module_name)
    for alias in node.names:
        for name in module.__all__ if alias.name == "*" else [alias.name]:
            yield alias.asname or name, getattr(module, name, None)


def _parts(body: list[ast.stmt], within: str) -> Iterator[tuple[ast.stmt, str]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield statement, f"{within}{statement.name}"
            yield from _parts(statement.body, f"{within}{statement.name}.")
        else:
            name = target_name(statement)
            yield statement, f"{within}{name}" if within and name else within.removesuffix(".")


def target_name(statement: ast.stmt) -> str:
    """The one name a statement gives a value or a type to; empty where it does neither."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""

"""What a service calls itself, read from its file's text by whoever runs nothing of it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWords:
    """The name and the version that its declaration says."""

    name: str
    version: str


def service_words(file: Path) -> ServiceWords | None:
    """Those of the file's one `Service(name="…")`; None where that cannot be read, or not without running it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):  # which the workers tell
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_service(node.func)]
    if len(calls) != 1:
        return None
    texts = _named_texts(tree)
    words = {one.arg: _text(one.value, texts) for one in calls[0].keywords}
    name, version = words.get("name"), words.get("version", Service(name="").version)
    return None if name is None or version is None else ServiceWords(name=name, version=version)


def _is_service(called: ast.expr) -> bool:
    return (isinstance(called, ast.Name) and called.id == Service.__name__) or (
        isinstance(called, ast.Attribute) and called.attr == Service.__name__
    )


def _named_texts(tree: ast.Module) -> Mapping[str, str]:
    """The texts that the file gives a name: `VERSION = "2.1.0"`."""
    return {
        target.id: text
        for part in tree.body
        if isinstance(part, ast.Assign) and (text := _text(part.value, {})) is not None
        for target in part.targets
        if isinstance(target, ast.Name)
    }


def _text(node: ast.expr, named: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return named.get(node.id)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

"""Where in a file each part of its service is declared."""

import ast
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from middleware.inbound.cors import Cors
from middleware.inbound.quota import Limit
from server.service import Accounts, Resource, Route, Service, Tokens, Upstream
from server.source.file_text import FileText, target_name
from telemetry.objectives import Availability, Latency

_PARTS = (Service, Resource, Route, Upstream, Limit, Tokens, Accounts, Cors, Availability, Latency)


class DeclaredLines:
    """The lines of resources, routes and the like, found by following the file's values and its text side by side."""

    def __init__(self, text: FileText, values: Mapping[str, object]) -> None:
        self._lines: dict[int, int] = {}
        for statement in text.tree.body:
            name = target_name(statement)
            value = getattr(statement, "value", None)
            if name in values and isinstance(value, ast.expr):
                self._note(values[name], value)

    def of(self, declared: object) -> int | None:
        """The line where this very value is written; None where the file does not show it."""
        return self._lines.get(id(declared))

    def _note(self, value: object, node: ast.expr) -> None:
        if isinstance(value, _PARTS):
            self._lines.setdefault(id(value), node.lineno)
        if isinstance(node, ast.Call) and isinstance(value, _PARTS) and is_dataclass(value):
            names = [field.name for field in fields(value)]
            given = [*zip(names, node.args, strict=False), *((one.arg, one.value) for one in node.keywords)]
            for name, argument in given:
                self._note(getattr(value, name or "", None), argument)
        elif isinstance(node, ast.List | ast.Tuple) and isinstance(value, list | tuple):
            starred = [isinstance(element, ast.Starred) for element in node.elts]
            written = node.elts[: starred.index(True)] if any(starred) else node.elts
            for member, element in zip(value, written, strict=False):
                self._note(member, element)

"""A file as it was probably meant, so that one misspelled word does not hide what else is wrong with it."""

import ast
from collections.abc import Mapping
from copy import deepcopy
from types import CodeType

from server.source.file_text import FileText
from server.source.unknown_words import meant_words


def mended(text: FileText) -> CodeType | None:
    """The file's code with every unknown word of a call mended or left out; None where there are none."""
    calls = [node for node in ast.walk(text.tree) if isinstance(node, ast.Call)]
    meant = {_place(call): words for call in calls if (words := meant_words(text, call))}
    if not meant:
        return None
    tree = _Mending(meant).visit(deepcopy(text.tree))
    return compile(tree, str(text.path), "exec")


class _Mending(ast.NodeTransformer):
    def __init__(self, meant: Mapping[tuple[int, ...], Mapping[str, str]]) -> None:
        self._meant = meant

    def visit_Call(self, node: ast.Call) -> ast.AST:
        words = self._meant.get(_place(node), {})
        for keyword in node.keywords:
            keyword.arg = words.get(keyword.arg or "", keyword.arg)
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != ""]
        return self.generic_visit(node)


def _place(node: ast.Call) -> tuple[int, ...]:
    return (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)

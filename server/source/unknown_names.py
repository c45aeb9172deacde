"""Names a file uses and nobody has defined: all of them, where Python tells the first."""

import ast
import builtins
import importlib
from collections.abc import Iterable, Iterator
from itertools import chain

from server.nearest import nearest, there_are
from server.source.file_text import WORDS_FROM, FileText
from storage.mistakes import Mistake


def unknown_names(text: FileText) -> Iterator[Mistake]:
    """Every name that is used outside of functions and bound nowhere in the file, and every import we do not offer."""
    yield from _unknown_imports(text)
    if _imports_all_of_another(text.tree):
        return
    known = {*bound_names(text.tree), *text.words, *dir(builtins)}
    for statement, where in text.parts():
        told: set[str] = set()
        for node, name in _used(statement):
            if name not in known and name not in told and not name.startswith("__"):
                told.add(name)
                yield text.mistake(node, f"{name} is not defined{_hint(name, known)}", where=where)


def bound_names(tree: ast.AST) -> set[str]:
    """Every name that is given a meaning anywhere in the file."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bound.add(name)
            case ast.alias(name=name, asname=asname):
                bound.add(asname or name.partition(".")[0])
            case _:
                named = (getattr(node, "name", None), getattr(node, "rest", None))
                bound.update(name for name in named if isinstance(name, str))
    return bound


def _hint(name: str, known: set[str]) -> str:
    near = nearest(name, (one for one in known if not one.startswith("_")))
    return f"; did you mean {near}?" if near else ""


def _unknown_imports(text: FileText) -> Iterator[Mistake]:
    for node in ast.walk(text.tree):
        if not isinstance(node, ast.ImportFrom) or node.module not in WORDS_FROM or node.level:
            continue
        offered = importlib.import_module(node.module).__all__
        for alias in node.names:
            if alias.name != "*" and text.words.get(alias.asname or alias.name) is None:
                hint = _hint(alias.name, set(offered)) or f"; {there_are(offered)}"
                yield text.mistake(alias, f"{node.module} has no {alias.name}{hint}", where="")


def _imports_all_of_another(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module not in WORDS_FROM and node.names[0].name == "*"
        for node in ast.walk(tree)
    )


def _used(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """The names a statement reads as it runs, and those its annotations hold, quoted or not."""
    match node:
        case ast.ClassDef():
            yield from _all_used(node.decorator_list, node.bases, node.keywords)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = node.args
            yield from _all_used(node.decorator_list, arguments.defaults, filter(None, arguments.kw_defaults))
            annotated = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            for annotation in (*(one.annotation for one in annotated), node.returns):
                yield from _in_annotation(annotation)
        case ast.Lambda():
            return
        case ast.AnnAssign():
            yield from _in_annotation(node.annotation)
            yield from _all_used(filter(None, [node.value]))
        case ast.Name(id=name, ctx=ast.Load()):
            yield node, name
        case _:
            yield from _all_used(ast.iter_child_nodes(node))


def _all_used(*parts: Iterable[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    for node in chain(*parts):
        yield from _used(node)


def _in_annotation(node: ast.expr | None) -> Iterator[tuple[ast.AST, str]]:
    match node:
        case ast.Constant(value=str(quoted)):
            yield from ((node, name) for _, name in _in_quoted(quoted))
        case ast.Subscript(value=base, slice=inner):
            yield from _used(base)
            word = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
            if word == "Annotated" and isinstance(inner, ast.Tuple):
                yield from _in_annotation(inner.elts[0])
                for one in inner.elts[1:]:
                    yield from _used(one)
            elif word != "Literal":
                yield from _in_annotation(inner)
        case ast.Tuple(elts=members) | ast.List(elts=members):
            for one in members:
                yield from _in_annotation(one)
        case ast.BinOp(left=left, right=right):
            yield from _in_annotation(left)
            yield from _in_annotation(right)
        case ast.expr():
            yield from _used(node)


def _in_quoted(quoted: str) -> Iterator[tuple[ast.AST, str]]:
    try:
        yield from _in_annotation(ast.parse(quoted.strip(), mode="eval").body)
    except SyntaxError:
        return

"""What a module must keep to that setup.py lists to be compiled, where the compiler does not say so itself."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from enum import Enum

from tests.source_tree import PACKAGES, PROJECT, Module, read_modules

LISTED = frozenset(
    place
    for node in ast.parse((PROJECT / "setup.py").read_text()).body
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMPILED"
    for place in ast.literal_eval(node.value)
)
PRODUCT = read_modules(*PACKAGES)
COMPILED = [module for module in PRODUCT if module.place in LISTED]
INTERPRETED = [module for module in PRODUCT if module.place not in LISTED]
ORDINARY = "mypyc_attr(native_class=False)"
KNOWN_TO_THE_COMPILER = (dict, tuple, BaseException, Enum)
"""Of what is written in C, or derives from that."""


def classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def is_ordinary(found: ast.ClassDef) -> bool:
    return ORDINARY in map(ast.unparse, found.decorator_list)


def name_of(base: ast.expr) -> str:
    return ast.unparse(base).partition("[")[0]


def sources(module: Module) -> dict[str, str]:
    """Where the names come from that it imports from somewhere."""
    return {
        alias.asname or alias.name: node.module or ""
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def has_source(found: type) -> bool:
    try:
        return inspect.getsourcefile(found) is not None
    except TypeError:
        return False


def test_every_module_that_is_listed_is_there() -> None:
    assert {module.place for module in COMPILED} == LISTED


def test_no_interpreted_class_derives_from_a_compiled_one() -> None:
    # It can be imported; it fails once something is made of it.
    compiled = {(module.name, found.name) for module in COMPILED for found in classes(module) if not is_ordinary(found)}

    deriving = [
        f"{module.place}:{found.lineno} {found.name}"
        for module in INTERPRETED
        for found in classes(module)
        for name in map(name_of, found.bases)
        if (sources(module).get(name), name) in compiled
    ]

    assert deriving == []


def test_no_compiled_class_derives_from_one_written_in_c() -> None:
    # The compiler takes it, and the process ends when one is made.
    made = [
        (module, getattr(importlib.import_module(module.name), found.name))
        for module in COMPILED
        for found in module.tree.body
        if isinstance(found, ast.ClassDef) and not is_ordinary(found)
    ]

    deriving = [
        f"{module.place} {one.__name__}: {ancestor.__name__}"
        for module, one in made
        for ancestor in one.__mro__[:-1]
        if not issubclass(one, KNOWN_TO_THE_COMPILER) and not has_source(ancestor)
    ]

    assert deriving == []


def test_no_compiled_protocol_is_asked_for_while_running() -> None:
    checkable = [
        f"{module.place}:{found.lineno} {found.name}"
        for module in COMPILED
        for found in classes(module)
        if "runtime_checkable" in map(ast.unparse, found.decorator_list)
    ]

    assert checkable == []

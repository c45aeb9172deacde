"""Finds the one Service in a Python file, and checks it."""

import importlib.util
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from server.declaration import Declaration, checked
from server.service import Service
from storage.mistakes import Misdeclared, Mistake, shown

OUR_PACKAGES = ("telemetry", "middleware", "storage", "server")


def checked_file(path: Path) -> Declaration:
    """Import FILE and check its Service; raises Misdeclared with every mistake, each with its file."""
    mistakes: list[Mistake] = [*_shadowing(path.resolve().parent)]
    try:
        declaration = checked(_service_in(path))
    except Misdeclared as misdeclared:
        mistakes += (one if one.source else replace(one, source=str(path)) for one in misdeclared.mistakes)
        raise Misdeclared(mistakes) from misdeclared
    if mistakes:
        raise Misdeclared(mistakes)
    return declaration


def load_service(path: Path) -> Service:
    """Import FILE and return its Service; raises Misdeclared with what to mend."""
    mistakes = _shadowing(path.resolve().parent)
    if mistakes:
        raise Misdeclared(mistakes)
    return _service_in(path)


def _service_in(path: Path) -> Service:
    if path.suffix != ".py" or not path.is_file():
        raise Misdeclared([Mistake(source=str(path), where="", detail="there is no such Python file")])
    found = [value for value in _import(path).values() if isinstance(value, Service)]
    distinct = list({id(value): value for value in found}.values())
    if len(distinct) != 1:
        what = "declares no Service" if not distinct else f"declares {len(distinct)} Services"
        detail = f"{what}; write one: service = Service(name=…)"
        raise Misdeclared([Mistake(source=str(path), where="", detail=detail)])
    return distinct[0]


def _shadowing(folder: Path) -> Sequence[Mistake]:
    """A neighbour named like one of our packages could not be imported by the service: ours win."""
    if folder == Path(__file__).resolve().parents[1]:
        return []
    return [
        Mistake(
            source=str(shown(folder / name)), where="", detail=f"has the name of Mainstay's package {name}; rename it"
        )
        for name in OUR_PACKAGES
        if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()
    ]


def _import(path: Path) -> dict[str, object]:
    """Run the file as a module whose neighbours can be imported; our packages keep their names."""
    place = path.resolve()
    if str(place.parent) not in sys.path:
        sys.path.append(str(place.parent))
    name = _module_name(place)
    spec = importlib.util.spec_from_file_location(name, place)
    if spec is None or spec.loader is None:
        raise Misdeclared([Mistake(source=str(path), where="", detail="cannot be imported")])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        detail = f"{type(error).__name__}: {error}"
        raise Misdeclared([Mistake(source=_line_of(error, place) or str(path), where="", detail=detail)]) from error
    return vars(module)


def _module_name(place: Path) -> str:
    """The file's own name, so that its neighbours can import it too; another where a module has that already."""
    taken = sys.modules.get(place.stem)
    is_free = taken is None or getattr(taken, "__file__", None) == str(place)
    return place.stem if is_free and place.stem not in sys.stdlib_module_names else f"{place.stem}_service_file"


def _line_of(error: Exception, place: Path) -> str:
    """The line of the file that the error came through; empty where it did not."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == place]
    return f"{shown(place)}:{lines[-1]}" if lines else ""

"""Finds the one Service in a Python file."""

import importlib.util
import sys
import traceback
from pathlib import Path

from server.service import Service
from storage.describe import Misdeclared, Mistake

OUR_PACKAGES = ("telemetry", "middleware", "storage", "server")


def load_service(path: Path) -> Service:
    """Import FILE and return its Service; raises Misdeclared with what to mend."""
    mistakes = [*_missing(path), *_shadowing(path.resolve().parent)]
    if mistakes:
        raise Misdeclared(mistakes)
    found = [value for value in _import(path).values() if isinstance(value, Service)]
    distinct = list({id(value): value for value in found}.values())
    if len(distinct) != 1:
        what = "declares no Service" if not distinct else f"declares {len(distinct)} Services"
        raise Misdeclared([Mistake(where=str(path), detail=f"{what}; write one: service = Service(name=…)")])
    return distinct[0]


def _missing(path: Path) -> list[Mistake]:
    if path.suffix == ".py" and path.is_file():
        return []
    return [Mistake(where=str(path), detail="there is no such Python file")]


def _shadowing(folder: Path) -> list[Mistake]:
    """A neighbour named like one of our packages could not be imported by the service: ours win."""
    names = [
        name for name in OUR_PACKAGES if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()
    ]
    if _is_our_own(folder):
        return []
    return [
        Mistake(where=str(folder / name), detail=f"has the name of Mainstay's package {name}; rename it")
        for name in names
    ]


def _is_our_own(folder: Path) -> bool:
    return Path(__file__).resolve().parents[1] == folder


def _import(path: Path) -> dict[str, object]:
    """Run the file as a module whose neighbours can be imported; our packages keep their names."""
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Misdeclared([Mistake(where=str(path), detail="cannot be imported")])
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Misdeclared([Mistake(where=_place(path, error), detail=f"{type(error).__name__}: {error}")]) from error
    return vars(module)


def _place(path: Path, error: Exception) -> str:
    """The file and the line in it that the error came through."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)

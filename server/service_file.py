"""Finds the one Service in a Python file, and checks it: every mistake at once, each with its line."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from server.declaration import Declaration, checked
from server.service import Service
from server.source.declared_lines import DeclaredLines
from server.source.file_text import FileText, file_text
from server.source.import_failure import import_failure
from server.source.mended_words import mended
from server.source.unknown_names import unknown_names
from server.source.unknown_words import unknown_words
from storage.mistakes import Misdeclared, Mistake, shown

OUR_PACKAGES = ("telemetry", "middleware", "storage", "server")


def checked_file(path: Path) -> Declaration:
    """Import FILE and check its Service; raises Misdeclared with every mistake, each with its file and line."""
    _require_file(path)
    place = path.resolve()
    text = file_text(place)
    mistakes = [*_shadowing(place.parent), *(_text_mistakes(text) if text else ())]
    try:
        values = _import(path, text)
        declaration = _checked(values, path, text=text)
    except Misdeclared as misdeclared:
        mistakes += _not_told(misdeclared.mistakes, mistakes, text=text)
        raise Misdeclared(mistakes) from misdeclared
    if mistakes:
        raise Misdeclared(mistakes)
    return declaration


def _text_mistakes(text: FileText) -> Iterator[Mistake]:
    """In the order of the lines."""
    found = [*unknown_names(text), *unknown_words(text)]
    yield from sorted(found, key=lambda mistake: _line_in(mistake.source))


def _not_told(found: Sequence[Mistake], told: Sequence[Mistake], *, text: FileText | None) -> Iterator[Mistake]:
    """What running the file adds to what its text has told: of one field, or one statement that fails, the text's."""
    fields = {mistake.where for mistake in told if "." in mistake.where}
    lines = [_line_in(mistake.source) for mistake in told]
    for mistake in found:
        line = _line_in(mistake.source)
        is_failure = not mistake.where
        if mistake.where in fields:
            continue
        if is_failure and text and any(text.are_in_one_statement(line, other) for other in lines):
            continue
        yield mistake


def _line_in(source: str) -> int:
    line = source.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _checked(values: Mapping[str, object], path: Path, *, text: FileText | None) -> Declaration:
    service = _service_in(values, path, text=text)
    try:
        return checked(service)
    except Misdeclared as misdeclared:
        lines = DeclaredLines(text, values) if text else None
        raise Misdeclared([_placed(one, lines, path=path) for one in misdeclared.mistakes]) from misdeclared


def _placed(mistake: Mistake, lines: DeclaredLines | None, *, path: Path) -> Mistake:
    """The mistake with its line, and the line of the other thing it tells of."""
    line = lines.of(mistake.about) if lines else None
    other = lines.of(mistake.other) if lines else None
    return replace(
        mistake,
        source=mistake.source or (f"{path}:{line}" if line else str(path)),
        detail=f"{mistake.detail} in line {other}" if other else mistake.detail,
    )


def _require_file(path: Path) -> None:
    """Raise Misdeclared unless this is a Python file, or looks like one."""
    if path.is_dir():
        near = _candidate(path)
        problem = f"is a folder; give the file in it that declares the service{f', such as {near}' if near else ''}"
    elif not path.exists():
        near = _candidate(path.parent)
        problem = f"there is no such file{f'; did you mean {near}?' if near else ''}"
    elif path.suffix != ".py" or not path.is_file():
        problem = "is no Python file; its name ends in .py"
    else:
        return
    raise Misdeclared([Mistake(source=str(path), where="", detail=problem)])


def _candidate(folder: Path) -> Path | None:
    """A file in this folder, or just below, that speaks of a Service."""
    files = [*sorted(folder.glob("*.py")), *sorted(folder.glob("*/service.py"))]
    found = (file for file in files if file.is_file() and "Service(" in file.read_text(errors="replace"))
    return next((shown(file) for file in found), None)


def _service_in(values: Mapping[str, object], path: Path, *, text: FileText | None) -> Service:
    found = {name: value for name, value in values.items() if isinstance(value, Service)}
    distinct = list({id(value): value for value in found.values()}.values())
    if len(distinct) == 1:
        return distinct[0]
    if not distinct:
        detail = "declares no Service; write one: service = Service(name=…, resources=[…])"
    else:
        lines = DeclaredLines(text, values) if text else None
        places = [f"{name} in line {line}" for name, value in found.items() if lines and (line := lines.of(value))]
        detail = f"declares {len(distinct)} Services: {', '.join(places)}; give each a file of its own"
    raise Misdeclared([Mistake(source=str(path), where="", detail=detail)])


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


def _import(path: Path, text: FileText | None) -> Mapping[str, object]:
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
        code = mended(text) if text else None
        if code is None:
            spec.loader.exec_module(module)
        else:
            exec(code, vars(module))  # noqa: S102 - the team's own file, which importing it would run as well
    except Exception as error:
        del sys.modules[name]
        raise Misdeclared([import_failure(error, place, text=text)]) from error
    return vars(module)


def _module_name(place: Path) -> str:
    """The file's own name, so that its neighbours can import it too; another where a module has that already."""
    taken = sys.modules.get(place.stem)
    is_free = taken is None or getattr(taken, "__file__", None) == str(place)
    return place.stem if is_free and place.stem not in sys.stdlib_module_names else f"{place.stem}_service_file"

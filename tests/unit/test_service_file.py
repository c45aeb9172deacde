"""A service's file: found, imported, checked; each mistake with its place."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.service_file import checked_file, load_service
from storage.mistakes import Misdeclared

GOOD = """
from typing import Annotated
from server import ANYONE, Model, Resource, Service

class Note(Model):
    text: str

service = Service(name="notes", resources=[Resource(Note, path="/notes", access=ANYONE)])
the_same = service
"""


@pytest.fixture(autouse=True)
def _imports_undone() -> Iterator[None]:
    """What a file imports stays imported for the process that serves it, and for no test after this one."""
    modules, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - modules:
        del sys.modules[name]
    sys.path[:] = path


def written(folder: Path, text: str, *, name: str = "notes_service.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(Misdeclared) as caught:
        checked_file(path)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_good_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("notes_service.py", "json.py", "pytest.py", "with-dash.py"):
        path = written(tmp_path, GOOD, name=name)

        assert checked_file(path).service.name == load_service(path).name == "notes"
    assert not hasattr(sys.modules["json"], "service")


def test_a_file_may_import_its_neighbours_which_may_import_it(tmp_path: Path) -> None:
    written(
        tmp_path,
        "def name() -> str:\n    import notes_service\n    return notes_service.NAME\n",
        name="neighbour_of_it.py",
    )
    path = written(tmp_path, "import neighbour_of_it\nNAME = 'notes'\nneighbour_of_it.name()\n" + GOOD)

    assert load_service(path).name == "notes"


@pytest.mark.parametrize("name", ["missing.py", "notes.txt", "folder.py"])
def test_a_file_that_is_none_is_told(tmp_path: Path, name: str) -> None:
    written(tmp_path, GOOD, name="notes.txt")
    (tmp_path / "folder.py").mkdir()

    assert mistakes(tmp_path / name) == [f"{tmp_path / name}: there is no such Python file"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "declares no Service"),
        ("from server import Service\na = Service(name='a')\nb = Service(name='b')\n", "declares 2 Services"),
    ],
)
def test_a_file_declares_one_service(tmp_path: Path, text: str, what: str) -> None:
    path = written(tmp_path, text)

    assert mistakes(path) == [f"{path}: {what}; write one: service = Service(name=…)"]


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        ("x = 1\ny = nothing\n", 2, "NameError: name 'nothing' is not defined"),
        ("x = 1\ndef f():\n    return 1 / 0\nf()\n", 3, "ZeroDivisionError: division by zero"),
        ("import nothing_of_this_name\n", 1, "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ],
)
def test_a_file_that_fails_is_told_by_its_line(tmp_path: Path, text: str, line: int, detail: str) -> None:
    path = written(tmp_path, text)

    assert mistakes(path) == [f"{path}:{line}: {detail}"]


def test_a_file_that_is_no_python_is_told_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "x = 1\ny = = 2\n")

    (mistake,) = mistakes(path)

    assert mistake.startswith(f"{path}:2: SyntaxError: ")


def test_every_mistake_has_its_file(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "__init__.py").touch()
    (tmp_path / "server.py").touch()
    path = written(tmp_path, GOOD.replace("text: str", "text: object").replace('path="/notes"', 'path="notes"'))

    found = mistakes(path)

    assert [line.split("; ")[0] for line in found] == [
        f"{tmp_path}/storage: has the name of Mainstay's package storage",
        f"{tmp_path}/server: has the name of Mainstay's package server",
        f"{path}:5: Note.text: object cannot be stored",
        f"{path}: Resource(Note, path='notes'): a path begins with / and ends without one: /products",
    ]


def test_a_folder_that_shadows_a_package_of_ours_is_enough_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "telemetry.py").touch()
    path = written(tmp_path, GOOD)

    with pytest.raises(Misdeclared):
        load_service(path)
    assert mistakes(path) == [f"{tmp_path}/telemetry: has the name of Mainstay's package telemetry; rename it"]

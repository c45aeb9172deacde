"""A service's file: found, imported, checked; each mistake with its place."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.service_file import checked_file
from storage.mistakes import Misdeclared

GOOD = """
from typing import Annotated
from server import ANYONE, Model, Resource, Service

class Note(Model):
    text: str

service = Service(name="notes", resources=[Resource(Note, path="/notes", access=ANYONE)])
the_same = service
"""

ATTRIBUTE_WITHOUT_TYPE = (
    "A non-annotated attribute was detected: `a = <built-in function open>`. All model fields require a type "
    "annotation; if `a` is not meant to be a field, you may be able to resolve this error by annotating it as "
    "a `ClassVar` or updating `model_config['ignored_types']`."
)


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

        assert checked_file(path).service.name == "notes"
    assert not hasattr(sys.modules["json"], "service")


def test_a_file_may_import_its_neighbours_which_may_import_it(tmp_path: Path) -> None:
    written(
        tmp_path,
        "def name() -> str:\n    import notes_service\n    return notes_service.NAME\n",
        name="neighbour_of_it.py",
    )
    path = written(tmp_path, "import neighbour_of_it\nNAME = 'notes'\nneighbour_of_it.name()\n" + GOOD)

    assert checked_file(path).service.name == "notes"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing.py", "there is no such file; did you mean {folder}/notes_service.py?"),
        ("notes.txt", "is no Python file; its name ends in .py"),
        ("folder.py", "is a folder; give the file in it that declares the service"),
        ("", "is a folder; give the file in it that declares the service, such as {folder}/notes_service.py"),
    ],
)
def test_a_file_that_is_none_is_told_with_the_one_to_give(tmp_path: Path, name: str, what: str) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, name="notes.txt")
    (tmp_path / "folder.py").mkdir()

    assert mistakes(tmp_path / name) == [f"{tmp_path / name}: {what.format(folder=tmp_path)}"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "declares no Service; write one: service = Service(name=…, resources=[…])"),
        (
            "from server import Service\na = Service(name='a')\nb = Service(name='b')\n",
            "declares 2 Services: a in line 2, b in line 3; give each a file of its own",
        ),
    ],
)
def test_a_file_declares_one_service(tmp_path: Path, text: str, what: str) -> None:
    path = written(tmp_path, text)

    assert mistakes(path) == [f"{path}: {what}"]


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        (
            "x = y\ny = 1\n",
            1,
            "y is used before it is defined; move its definition up, or in an annotation write it in quotes",
        ),
        (
            "from pydantic import BaseModel\nclass A(BaseModel):\n    a = open\n",
            2,
            ATTRIBUTE_WITHOUT_TYPE,
        ),
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
        f"{path}:6: Note.text: object cannot be stored",
        f"{path}:8: Resource(Note, path='notes'): a path begins with / and ends without one: /products",
    ]


def test_a_folder_that_shadows_a_package_of_ours_is_enough_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "telemetry.py").touch()
    path = written(tmp_path, GOOD)

    assert mistakes(path) == [f"{tmp_path}/telemetry: has the name of Mainstay's package telemetry; rename it"]


def test_what_stops_the_import_and_what_only_its_text_shows_are_told_together(tmp_path: Path) -> None:
    bad = GOOD.replace("access=ANYONE", "acess=Anyone").replace("text: str", 'text: "Strin"')
    path = written(tmp_path, bad + "other = 1 / 0\n")

    assert mistakes(path) == [
        f"{path}:6: Note.text: Strin is not defined; did you mean str?",
        f"{path}:8: Anyone is not defined; did you mean ANYONE?",
        f"{path}:8: Resource has no acess=; did you mean access=?",
    ]


def test_a_field_is_told_of_once_though_both_its_text_and_its_model_are_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("text: str", 'text: "Strin"').replace('"/notes"', '"notes"'))

    assert mistakes(path) == [
        f"{path}:6: Note.text: Strin is not defined; did you mean str?",
        f"{path}:8: Resource(Note, path='notes'): a path begins with / and ends without one: /products",
    ]


def test_two_things_at_one_address_are_told_by_their_lines(tmp_path: Path) -> None:
    text = """
from server import ANYONE, Model, Resource, Service

class Note(Model):
    text: str

class Tag(Model):
    name: str

first = Resource(Note, path="/notes", access=ANYONE)
service = Service(name="notes", resources=[
    Resource(Note, path="/notes", access=ANYONE),
    first,
    Resource(Tag, path="/notes", access=ANYONE),
])
"""
    path = written(tmp_path, text)

    taken = "GET /notes is taken by Resource(Note, path='/notes') in line 12"
    assert mistakes(path) == [
        f"{path}:10: Resource(Note, path='/notes'): {taken}",
        f"{path}:14: Resource(Tag, path='/notes'): {taken}",
    ]


def test_a_service_without_a_line_of_its_own_is_told_by_its_file(tmp_path: Path) -> None:
    made = """def made():
    return [Resource(Note, path='notes', access=ANYONE)]

service = Service(name='N', resources=made())
"""
    path = written(tmp_path, GOOD.partition("service =")[0] + made)

    assert mistakes(path) == [
        f"{path}:11: Service 'N': a name is lower case: letters, digits, - and _",
        f"{path}: Resource(Note, path='notes'): a path begins with / and ends without one: /products",
    ]


def test_a_misspelled_word_hides_nothing_else_that_is_wrong(tmp_path: Path) -> None:
    text = GOOD.replace("Service\n", "Service, Cors, Accounts\n").replace('"/notes", access=', '"notes", acess=')
    more = ',\n    colour=3,\n    cors=Cors(origins=["null"]),\n    accounts=Accounts(roles=[7]))\nthe_same'
    path = written(tmp_path, text.replace(")\nthe_same", more))

    found = mistakes(path)

    assert [line.removeprefix(f"{path}:") for line in found] == [
        "8: Resource has no acess=; did you mean access=?",
        "9: Service has no colour=; did you mean cors=?",
        "8: Resource(Note, path='notes'): a path begins with / and ends without one: /products",
        (
            "10: Service 'notes', cors: 'null' is what every sandboxed frame and local file says of itself: it "
            "cannot be told from a stranger"
        ),
        "11: Accounts: 7 is no role: letters, digits, and . _ : - after the first",
    ]

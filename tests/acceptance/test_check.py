"""`mainstay check`: everything that is wrong with a file, in one run."""

from pathlib import Path

import pytest

from tests.acceptance.service_process import mainstay

SUPPORTED = (
    "a field is a str, int, Decimal, float, bool, datetime, date, UUID, a Literal or Enum of str or int, "
    "a list, a dict or a pydantic model, or one of these | None"
)
SILENT = "says nothing of access: give access=, or read= and write=, e.g. read=ANYONE"
GOOD = """from server import ANYONE, Model, Resource, Service

class Note(Model):
    text: str

service = Service(name="notes", resources=[Resource(Note, path="/notes", access=ANYONE)])
"""
BAD = """from typing import Annotated

from server import ANYONE, Key, Model, Reference, Resource, Service

class Note(Model):
    first: Annotated[int, Key()]
    second: Annotated[str, Key()]
    ghost_id: Annotated[int, Reference("Ghost")]
    version: int
    text: complex

class Tag(Model):
    name: str

service = Service(
    name="notes",
    resources=[
        Resource(Note, path="/notes", access=ANYONE),
        Resource(Tag, path="/docs", access=ANYONE, filterable=["name"]),
        Resource(Tag, path="/tags"),
    ],
)
"""


async def test_a_good_file_is_told_to_be_good(tmp_path: Path, data_dir: Path) -> None:
    file = tmp_path / "notes.py"
    file.write_text(GOOD)

    finished = await mainstay("check", str(file), data_dir=data_dir)

    assert (finished.code, finished.errors) == (0, "")
    assert finished.output == f"{file}: notes 1.0.0 is well declared (1 resource)\n"


async def test_every_mistake_is_told_at_once_with_its_place(tmp_path: Path, data_dir: Path) -> None:
    file = tmp_path / "notes.py"
    file.write_text(BAD)
    (tmp_path / "server.py").touch()

    finished = await mainstay("check", str(file), data_dir=data_dir)

    assert (finished.code, finished.output) == (1, "")
    assert finished.errors.splitlines() == [
        f"{tmp_path}/server: has the name of Mainstay's package server; rename it",
        f"{file}:9: Note.version: version is reserved: every record has one already; choose another name",
        f"{file}:10: Note.text: complex cannot be stored; {SUPPORTED}",
        f"{file}:5: Note: first and second are both marked Key(); a record has one key",
        f"{file}:8: Note.ghost_id: refers to Ghost, which no resource of this service serves",
        f"{file}:19: Resource(Tag, path='/docs'): filterable names 'name', which has no index: mark it Indexed()",
        f"{file}:20: Resource(Tag, path='/tags'): {SILENT}",
        f"{file}:19: Resource(Tag, path='/docs'): GET /docs is taken by Mainstay itself",
        "8 mistakes",
    ]


@pytest.mark.parametrize("command", ["serve", "migrate", "openapi", "load"])
async def test_every_command_tells_the_same_of_a_wrong_file(tmp_path: Path, data_dir: Path, command: str) -> None:
    file = tmp_path / "notes.py"
    file.write_text(BAD)
    more = [str(tmp_path)] if command == "load" else []

    checked = await mainstay("check", str(file), data_dir=data_dir)
    finished = await mainstay(command, str(file), *more, data_dir=data_dir)

    assert finished == checked
    assert not data_dir.exists()

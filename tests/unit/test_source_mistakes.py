"""What the text of a service's file tells before anything of it has run."""

from pathlib import Path

import pytest

from server.source.file_text import file_text
from server.source.unknown_names import unknown_names
from server.source.unknown_words import unknown_words

IMPORTS = """from typing import Annotated, Literal
from pydantic import BaseModel, Field
from server import ANYONE, Key, Limit, Model, Reference, Resource, Route, Service
import server
"""
FIRST = IMPORTS.count("\n") + 1


def told(folder: Path, text: str) -> list[str]:
    """The mistakes in what follows the imports, with its lines counted from 1."""
    path = folder / "notes_service.py"
    path.write_text(IMPORTS + text)
    found = file_text(path)
    assert found is not None
    mistakes = [*unknown_names(found), *unknown_words(found)]
    lines = [int(mistake.source.rpartition(":")[2]) - FIRST + 1 for mistake in mistakes]
    return [
        ": ".join(filter(None, (str(line), mistake.where, mistake.detail)))
        for line, mistake in zip(lines, mistakes, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("x = Resource(int, '/x', acess=ANYONE)", "1: Resource has no acess=; did you mean access=?"),
        ("x = server.Resource(int, '/x', acess=ANYONE)", "1: Resource has no acess=; did you mean access=?"),
        ("x = Resource(int, acess=ANYONE, pth='/x')", "1: Resource has no acess=; did you mean access=?"),
        ("x = Resource('/x',\n  access=ANYONE)", "1: Resource needs path="),
        ("x = Limit(burst=1)", "1: Limit needs requests="),
        ("x = Key(1)", "1: Key takes values by name: none of them may stand without one"),
        ("x = Resource(*[int, '/x'], **{})", ""),
        ("def f():\n    return Resource(int)", "2: Resource needs path="),
        (
            "class N(Model):\n    a: Annotated[str, Field(min_lenght=1)]",
            "2: N.a: Field has no min_lenght=; did you mean min_length=?",
        ),
        (
            "class N(Model):\n    a: str = Field(pattern='[a-')",
            "2: N.a: the pattern '[a-' is no regular expression: unclosed character class",
        ),
        ("class N(Model):\n    a: str = Field(pattern='(?=a)')\n    model_config = {'regex_engine': 'python-re'}", ""),
        ("class N(Model, tabel='n'):\n    a: str", "1: N: Model has no tabel=; did you mean table=?"),
        ("class N(Model, xyz='n'):\n    a: str", "1: N: Model has no xyz=; it takes table, constraints, renamed_from"),
        ("class N(Model, table='n', frozen=True):\n    a: str", ""),
        (
            "class B(Model):\n    a: str\nclass N(B, tabel='n'):\n    b: str",
            "3: N: Model has no tabel=; did you mean table=?",
        ),
        ("class N(Model):\n    a = 1", "2: N.a: has no type: write a: int = 1"),
        ("class N(BaseModel):\n    a = Field(ge=1)", "2: N.a: has no type: write a: … = Field(ge=1)"),
        ("class N(Model):\n    _a = 1\n    model_config = {}\n    b = property(id)", ""),
        ("class N:\n    a = 1", ""),
    ],
)
def test_a_word_nobody_knows_is_told_with_the_nearest_one(tmp_path: Path, text: str, mistake: str) -> None:
    assert told(tmp_path, text)[:1] == [mistake] * bool(mistake)


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (
            "from server import Resorce, Servce",
            ["1: server has no Resorce; did you mean Resource?", "1: server has no Servce; did you mean Service?"],
        ),
        ("from pydantic import Feild", ["1: pydantic has no Feild; did you mean Field?"]),
        ("x = Anyone", ["1: Anyone is not defined; did you mean ANYONE?"]),
        (
            "class N(Modle):\n    a: Strng\n    b: 'list[Strng]'",
            [
                "1: N: Modle is not defined; did you mean Model?",
                "2: N.a: Strng is not defined; did you mean str?",
                "3: N.b: Strng is not defined; did you mean str?",
            ],
        ),
        (
            "class N(Model):\n    a: Annotated['Othr | None', Referenc('Ghost')]\nOther = int",
            [
                "2: N.a: Othr is not defined; did you mean Other?",
                "2: N.a: Referenc is not defined; did you mean Reference?",
            ],
        ),
        ("class N(Model):\n    a: Literal['Ghost', 'x']\n    b: Annotated[str, 'Ghost words'] = __name__", []),
        (
            "def f(a: Intt = xx, *, c=yy) -> 'Strr':\n    return ghost",
            [
                "1: xx is not defined",
                "1: yy is not defined",
                "1: Intt is not defined; did you mean int?",
                "1: Strr is not defined; did you mean str?",
            ],
        ),
        (
            """x = [y for y in range(3)]
z = lambda q: ghost
try:
    pass
except OSError as error:
    print(error)""",
            [],
        ),
        (
            """match ANYONE:
    case {'a': one, **rest}:
        print(one, rest)
    case [*many]:
        print(many)
with open('x') as f, f as (g, h):
    print(g, h)""",
            [],
        ),
        ("from os.path import *\nx = join", []),
        ("from server import *\nx = OWNER\ny = GHOST", ["3: GHOST is not defined"]),
        ("import os.path\nx = os.sep", []),
        ("x: 'not a type!' = 1", []),
    ],
)
def test_every_name_that_nobody_defines_is_told(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    assert told(tmp_path, text) == mistakes


def test_the_examples_have_no_such_mistakes() -> None:
    for file in sorted(Path("examples").glob("*/service.py")):
        found = file_text(file)
        assert found is not None
        assert [*unknown_names(found), *unknown_words(found)] == []


def test_a_file_that_is_no_python_has_no_text(tmp_path: Path) -> None:
    path = tmp_path / "notes_service.py"
    path.write_text("x = = 1")

    assert file_text(path) is None

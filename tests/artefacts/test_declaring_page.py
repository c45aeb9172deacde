"""docs/declaring.md tells of all there is to declare, and what it shows works."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from server.service import Resource, Route, Service
from server.service_file import checked_file
from storage.model import Encrypted, Indexed, Key, Private, Reference, RenamedFrom, Tenant, Unique
from tests.source_tree import PROJECT

PAGE = (PROJECT / "docs" / "declaring.md").read_text()


def test_its_service_is_well_declared(tmp_path: Path) -> None:
    shown = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    file = tmp_path / "library.py"
    file.write_text(shown[1])

    assert checked_file(file).service.name == "library"


@pytest.mark.parametrize("part", [Resource, Route, Service], ids=lambda part: part.__name__)
def test_every_word_of_a_declaration_is_told_of(part: type[Resource] | type[Route] | type[Service]) -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE)) | {"model", "path", "method", "handler"}

    assert {field.name for field in fields(part)} - told == set()


@pytest.mark.parametrize("marker", [Encrypted, Indexed, Key, Private, Reference, RenamedFrom, Tenant, Unique])
def test_every_marker_is_told_of(marker: type) -> None:
    assert f"`{marker.__name__}(" in PAGE

"""The page that goes through security standards names tests that there are, and leads to pages that there are."""

import re

from tests.source_tree import PROJECT, read_modules

PAGE = (PROJECT / "docs/security-standards.md").read_text()


def test_every_test_the_page_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE))
    there = {f"{module.place}::{function.name}" for module in read_modules("tests") for function in module.functions}

    assert named
    assert sorted(named - there) == []


def test_every_test_is_named_in_full() -> None:
    named = re.findall(r"[\w/.:]*\btest_\w+", PAGE)

    assert [name for name in named if not re.fullmatch(r"tests/[\w/]+\.py::test_\w+", name)] == []


def test_every_page_it_leads_to_exists() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)", PAGE) if not target.startswith("http")]

    assert [target for target in targets if not (PROJECT / "docs" / target).exists()] == []

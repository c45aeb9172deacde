"""A supervisor knows whose it is without running anything of the service."""

from pathlib import Path

import pytest

from server.source.service_words import ServiceWords, service_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('service = Service(name="shop")', ServiceWords(name="shop", version="1.0.0")),
        ('service = server.Service(name="shop", version="2.1.0")', ServiceWords(name="shop", version="2.1.0")),
        ('NAME = "shop"\nservice = Service(name=NAME)', ServiceWords(name="shop", version="1.0.0")),
        ("service = Service(name=NAME)", None),
        ('service = Service(name="shop", version=VERSION)', None),
        ('one = Service(name="a")\nother = Service(name="b")', None),
        ("service = (", None),
        ("", None),
    ],
)
def test_the_name_and_version_of_a_file_are_read_where_they_stand_there(
    tmp_path: Path, text: str, words: ServiceWords | None
) -> None:
    file = tmp_path / "service.py"
    file.write_text(text)

    assert service_words(file) == words


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert service_words(tmp_path / "none.py") is None

"""Only patterns that mean the same everywhere become CHECKs."""

import pytest

from storage.tables.regex_subset import means_the_same


@pytest.mark.parametrize(
    "pattern",
    [
        "abc",
        "^[A-Z0-9-]{3,32}$",
        "^(red|green)$",
        "^(?:a|b)+c?$",
        r"^\+?[0-9]{1,3}\.[0-9]*$",
        "[^a-z]",
        "[-a]",
        r"[\]\\]",
        "^a{2}b{2,}$",
        "^a{255}$",
        "@",
    ],
)
def test_these_mean_the_same(pattern: str) -> None:
    assert means_the_same(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ".",
        r"\d+",
        r"\w",
        r"\bword\b",
        "a*?",
        "a++",
        "a**",
        "(?i)a",
        "(?=a)",
        "(?P<name>a)",
        r"(a)\1",
        "a{256}",
        "a{3,2}",
        "a{,3}",
        "a{",
        "a}",
        "]",
        "[]a]",
        "[[:alpha:]]",
        "[a-z&&[^b]]",
        "[z-a]",
        "[a-c-e]",
        "[",
        "[]",
        "(",
        ")",
        "()",
        "a|",
        "|a",
        "^*",
        "*a",
        "***=a",
        "ä",
        "a\nb",
        "a\tb",
        r"\n",
    ],
)
def test_these_may_not(pattern: str) -> None:
    assert not means_the_same(pattern)

"""Values as SQL constants."""

import math
from enum import StrEnum

import pytest

from storage.postgres.array_text import Scalar
from storage.postgres.literals import literal


class Colour(StrEnum):
    """A text with a name."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        (2**70, "1180591620717411303424"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (math.nan, "'nan'"),
        (-math.inf, "'-inf'"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("\\'; DROP TABLE product; --", "'\\''; DROP TABLE product; --'"),
        (Colour.RED, "'red'"),
    ],
)
def test_each_value_has_its_constant(value: Scalar, written: str) -> None:
    assert literal(value) == written


def test_text_that_postgres_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match=r"U\+0000"):
        literal("a\0b")

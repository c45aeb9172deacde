"""UUIDs of version 7: in the order they were made."""

from itertools import pairwise
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from storage.uuid7 import uuid7

LATEST = 2**48 * 1_000_000 - 1
"""The last nanosecond whose millisecond fits into 48 bits, in the year 10889."""


def made_at(nanoseconds: int, *, chance: int = 0) -> UUID:
    return uuid7(now_nanoseconds=lambda: nanoseconds, random_bytes=chance.to_bytes)


def test_an_id_holds_the_millisecond_its_fraction_and_chance() -> None:
    made = made_at(0x0197F3F56D2C * 1_000_000 + 500_000, chance=0xC000_0000_0000_1234)

    assert (str(made), made.version, made.variant) == ("0197f3f5-6d2c-7800-8000-000000001234", 7, RFC_4122)


@given(moments=st.lists(st.integers(0, LATEST), min_size=2))
def test_ids_sort_in_the_order_they_were_made(moments: list[int]) -> None:
    """Down to the 4,096th part of a millisecond."""
    ids = [made_at(moment) for moment in sorted(moments)]

    assert all(earlier <= later for earlier, later in pairwise(ids))


def test_ids_differ_within_one_moment() -> None:
    assert uuid7(now_nanoseconds=lambda: 0) != uuid7(now_nanoseconds=lambda: 0)

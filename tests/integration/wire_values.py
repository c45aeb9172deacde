"""Values of every kind, up to the edges of what Postgres and Python hold."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from storage.storable import DECIMAL_DIGITS_MAXIMUM, INTEGER_MAXIMUM, INTEGER_MINIMUM

CLEAN = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(CLEAN, max_size=40) | st.sampled_from(
    ["", " ", "\u2028", "\ufeff", "😀", "e\u0301", "\x01\x7f\x85", '"\\/']
)
INTEGERS = st.integers(INTEGER_MINIMUM, INTEGER_MAXIMUM) | st.sampled_from(
    [INTEGER_MINIMUM, INTEGER_MAXIMUM, 0, 2**53 + 1]
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [-0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e22]
)
ZONES: st.SearchStrategy[tzinfo | None] = st.one_of(
    st.none(), st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
)
INSIDE = st.datetimes(
    min_value=datetime(1, 1, 1, 23),  # noqa: DTZ001 - the zone is drawn apart from it
    max_value=datetime(9999, 12, 31, 0, 59, 59, 999_999),  # noqa: DTZ001 - as above
)
MOMENTS = st.builds(lambda moment, zone: moment.replace(tzinfo=zone), INSIDE, ZONES) | st.sampled_from(
    [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
DAYS = st.dates() | st.sampled_from([date.min, date.max, date(1582, 10, 10)])


@st.composite
def decimals(draw: st.DrawFn) -> Decimal:
    """Any decimal a numeric without precision keeps: up to a thousand digits on either side of the point."""
    edge = DECIMAL_DIGITS_MAXIMUM - 1
    places = draw(st.integers(0, edge) | st.integers(0, 30))
    digits = draw(st.integers(0, 10**40) | st.integers(0, 10 ** (places + edge) - 1))
    sign = draw(st.sampled_from([0, 1]))
    return Decimal((sign, Decimal(digits).as_tuple().digits, -places)) if digits else Decimal((sign, (0,), -places))


@st.composite
def scaled(draw: st.DrawFn, digits: int, places: int) -> Decimal:
    """A decimal of a numeric(digits, places), with as many places or fewer."""
    used = draw(st.integers(0, places))
    largest = 10 ** (digits - places + used) - 1
    number = draw(st.integers(-largest, largest))
    return Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -used))


LEAVES = st.none() | st.booleans() | INTEGERS | FLOATS | TEXTS
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
OBJECTS = st.dictionaries(TEXTS, DOCUMENTS, max_size=5)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON documents say the same: where one side has a double, so does, in effect, the other."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) or isinstance(right, float):
        return type(left) in (int, float) and type(right) in (int, float) and float(left) == float(right)
    return type(left) is type(right) and bool(left == right)

"""A date in a filter is a date, not a number of seconds."""

import pytest

from server.requests.filter_values import ValueRefused, key_text
from storage.record_type import Limits, RecordField

SOLD_ON = RecordField(
    name="sold_on",
    kind="date",
    nullable=False,
    required=True,
    system=False,
    key=False,
    unique=False,
    indexed=True,
    limits=Limits(),
)


@pytest.mark.parametrize("text", ["0", "86400", "2026-1-31", "2026-02-30", "2026-01-31T00:00:00", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused):
        key_text(SOLD_ON, text)


def test_a_date_is_taken_as_it_is() -> None:
    assert key_text(SOLD_ON, "2026-01-31") == "2026-01-31"

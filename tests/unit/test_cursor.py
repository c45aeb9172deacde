"""Cursors: what is written is read, and nothing else is."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.errors import Malformed
from server.requests.cursor import Cursors
from storage.listing import Order
from tests.unit.openapi_service import TYPES, Product

FIELDS = TYPES[Product].by_name
ORDER = (Order(field=FIELDS["price"], descending=True), Order(field=FIELDS["id"]))
CURSORS = Cursors(b"secret", "/products")
ALPHABET = string.ascii_letters + string.digits + "-_+/= .\0é"


def is_refused(cursor: str, cursors: Cursors = CURSORS, order: tuple[Order, ...] = ORDER) -> bool:
    try:
        cursors.read(order, cursor)
    except Malformed as malformed:
        return [(fault.parameter, fault.code) for fault in malformed.faults] == [("cursor", "cursor_mismatch")]
    return False


@given(after=st.tuples(st.none() | st.text(), st.none() | st.text()))
def test_what_is_written_is_read(after: tuple[str | None, ...]) -> None:
    assert CURSORS.read(ORDER, CURSORS.write(ORDER, after)) == after


@pytest.mark.parametrize("after", [("9.90", "x"), ("9.90", "xy"), (None, "xyz")])
def test_no_character_can_be_changed_added_or_left_out(after: tuple[str | None, ...]) -> None:
    cursor = CURSORS.write(ORDER, after)
    changed = {cursor[:place] + letter + cursor[place + 1 :] for place in range(len(cursor)) for letter in ALPHABET} - {
        cursor
    }
    longer = {cursor + letter for letter in ALPHABET} | {letter + cursor for letter in ALPHABET}
    shorter = {cursor[:place] + cursor[place + 1 :] for place in range(len(cursor))} | {cursor[:4], "", cursor + "=="}

    assert [forged for forged in changed | longer | shorter if not is_refused(forged)] == []


def test_a_cursor_fits_its_list_its_order_and_its_secret_alone() -> None:
    cursor = CURSORS.write(ORDER, ("9.90", "x"))
    other_orders = [
        (Order(field=FIELDS["price"]), ORDER[1]),
        (ORDER[0], Order(field=FIELDS["id"], descending=True)),
        tuple(reversed(ORDER)),
        ORDER[:1],
        (),
    ]

    assert all(is_refused(cursor, order=order) for order in other_orders)
    assert is_refused(cursor, Cursors(b"secret", "/orders"))
    assert is_refused(cursor, Cursors(b"other", "/products"))


def test_a_cursor_is_text_that_needs_no_escape_in_an_address() -> None:
    cursor = CURSORS.write(ORDER, ("ÿþ\x00?&=", None))

    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")


def test_an_endless_cursor_is_refused_before_it_is_decoded() -> None:
    assert is_refused(base64.urlsafe_b64encode(b"x" * 100_000).decode())

"""While a service starts garbage is looked for seldom, and then as usual again."""

import gc
from collections.abc import Iterator

import pytest

from server.start_garbage import SELDOM, USUAL, collect_seldom, settle


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_garbage_is_looked_for_seldom_while_a_service_starts() -> None:
    collect_seldom()

    assert gc.get_threshold() == SELDOM


def test_what_there_is_when_it_has_started_stays_and_what_comes_is_looked_at_as_usual() -> None:
    collect_seldom()

    settle()

    assert (gc.get_threshold(), gc.get_freeze_count() > 0) == (USUAL, True)

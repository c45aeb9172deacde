"""Who has been overtaken is left alone."""

from storage.postgres.timeline import Fence


def test_a_later_timeline_is_the_one_from_then_on() -> None:
    fence = Fence()

    assert [fence.passes(timeline) for timeline in (3, 3, 4, 3, 4)] == [True, True, True, False, True]


def test_it_is_blank_until_the_first_is_seen() -> None:
    fence = Fence()
    before = fence.is_blank
    fence.passes(1)

    assert (before, fence.is_blank) == (True, False)

"""How the limit of requests at work moves with how long the turns of the event loop take."""

import pytest

from middleware.inbound.concurrency import ConcurrencyLimit, ConcurrencyPolicy

POLICY = ConcurrencyPolicy(initial=100, minimum=10, maximum=400, window_seconds=1.0, window_samples=4)
TARGET = POLICY.target_seconds


class Windows:
    """Lets one window after another pass."""

    def __init__(self, policy: ConcurrencyPolicy = POLICY) -> None:
        self.limit = ConcurrencyLimit(policy)
        self._now = 0.0

    def pass_with(self, turn_seconds: float, *, reached: bool = True) -> int:
        """A window of turns that long; the limit after it."""
        if reached:
            self.limit.reached()
        for _ in range(4):
            self._now += 0.25
            self.limit.turned(turn_seconds, now=self._now)
        return self.limit.value

    def pass_idle(self, *, reached: bool = True) -> int:
        """A window in which nothing begins."""
        if reached:
            self.limit.reached()
        self._now += 1.0
        self.limit.look(self._now)
        return self.limit.value


def test_turns_as_long_as_wanted_leave_the_limit_where_it_is() -> None:
    assert Windows().pass_with(TARGET) == 100


def test_longer_turns_lower_the_limit_also_where_nobody_reached_it() -> None:
    assert Windows().pass_with(TARGET * 1.2, reached=False) == 91


def test_one_window_lowers_the_limit_by_so_much_at_most() -> None:
    assert Windows().pass_with(1.0) == 85


def test_shorter_turns_raise_a_limit_that_was_reached() -> None:
    assert Windows().pass_with(TARGET / 1.5) == 112


def test_a_limit_nobody_reached_stays() -> None:
    assert Windows().pass_with(0.0, reached=False) == 100


def test_while_the_loop_has_nothing_to_do_a_limit_that_was_reached_leaps() -> None:
    assert Windows().pass_with(TARGET / 9) == 400


def test_where_nothing_begins_as_all_at_work_wait_the_limit_leaps() -> None:
    assert Windows().pass_idle() == 400


@pytest.mark.parametrize(("turn_seconds", "end"), [(1.0, 10), (0.0, 400)])
def test_the_limit_stays_within_its_bounds(turn_seconds: float, end: int) -> None:
    windows = Windows()

    assert [windows.pass_with(turn_seconds) for _ in range(20)][-1] == end


def test_a_limit_comes_back_from_its_least_within_the_time_a_request_is_held() -> None:
    windows = Windows(ConcurrencyPolicy(window_seconds=1.0, window_samples=4))
    least = [windows.pass_with(1.0) for _ in range(20)][-1]

    assert [least, *(windows.pass_idle() for _ in range(4))] == [8, 32, 128, 512, 2048]


def test_a_window_does_not_end_before_its_time() -> None:
    limit = ConcurrencyLimit(POLICY)
    for _ in range(50):
        limit.turned(1.0, now=0.5)

    assert limit.value == 100


def test_it_is_as_full_as_turns_are_long_and_forgets_it() -> None:
    limit = ConcurrencyLimit(ConcurrencyPolicy(target_seconds=0.5, window_seconds=1.0, window_samples=4))
    for number in range(1, 5):
        limit.turned(0.25, now=0.25 * number)

    assert [limit.fullness(now) for now in (1.0, 1.9, 2.1)] == [0.5, 0.5, 0.0]


def test_a_few_long_turns_do_not_make_it_full() -> None:
    windows = Windows()
    windows.pass_with(TARGET * 1.5)

    assert windows.limit.fullness(1.0) == pytest.approx(4 * TARGET * 1.5 * 1.5)

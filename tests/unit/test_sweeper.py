"""The sweeper: timeouts that come in time, or not at all."""

import gc
import random
from weakref import ref

from middleware.sweeper import Due, Sweeper
from tests.hand_clock import HandClock


def make_sweeper() -> tuple[Sweeper, HandClock]:
    hand = HandClock()
    return Sweeper(now=hand.clock.now, call_later=hand.clock.call_later), hand


def test_what_is_due_comes_never_early_and_at_most_a_width_late() -> None:
    sweeper, hand = make_sweeper()
    late: list[float] = []
    chance = random.Random(1)  # noqa: S311 - a test that can be run again

    def set_one(delay_seconds: float) -> None:
        due = hand.instant + delay_seconds
        sweeper.after(delay_seconds, lambda: late.append(hand.instant - due))

    for _ in range(500):
        set_one(chance.uniform(0, 3))
        hand.advance(chance.uniform(0, 0.02))
    hand.advance(4)

    assert len(late) == 500
    assert min(late) >= -1e-9
    assert max(late) <= 0.0201


def test_what_is_called_off_does_not_come() -> None:
    sweeper, hand = make_sweeper()
    came: list[int] = []
    dues = [sweeper.after(0.1, lambda number=number: came.append(number)) for number in range(4)]  # type: ignore[misc]  # a default binds it now
    dues[1].cancel()
    dues[1].cancel()
    dues[3].cancel()

    hand.advance(1)

    assert sorted(came) == [0, 2]


def test_it_knows_how_long_the_loop_was_held_up_before_and_after_it_sweeps() -> None:
    sweeper, hand = make_sweeper()
    sweeper.after(9, lambda: None)
    hand.advance(1)
    on_time = sweeper.held_seconds(hand.instant)
    hand.stall(2)
    before = sweeper.held_seconds(hand.instant)
    hand.advance(1)

    after = sweeper.held_seconds(hand.instant)

    assert (on_time, round(before, 1), round(after, 1)) == (0.0, 2.0, 2.0)


def test_while_nothing_is_set_no_time_counts_as_held_up() -> None:
    sweeper, hand = make_sweeper()
    sweeper.after(0.1, lambda: None)
    hand.advance(60)
    sweeper.after(0.1, lambda: None)

    hand.advance(1)

    assert sweeper.held_seconds(hand.instant) == 0.0


def test_calling_off_what_has_come_is_harmless() -> None:
    sweeper, hand = make_sweeper()
    due = sweeper.after(0.1, lambda: None)
    hand.advance(1)

    due.cancel()

    assert sweeper.pending == 0


def test_one_timeout_may_call_off_another_of_the_same_moment() -> None:
    sweeper, hand = make_sweeper()
    came: list[int] = []
    dues: list[Due] = []

    def come(number: int) -> None:
        came.append(number)
        dues[1 - number].cancel()

    dues += [sweeper.after(0.1, lambda: come(0)), sweeper.after(0.1, lambda: come(1))]

    hand.advance(1)

    assert len(came) == 1


def test_a_timeout_may_set_another() -> None:
    sweeper, hand = make_sweeper()
    came: list[float] = []

    def again() -> None:
        came.append(hand.instant)
        if len(came) < 3:
            sweeper.after(0.1, again)

    sweeper.after(0.1, again)
    hand.advance(1)

    assert len(came) == 3


def test_an_instant_that_has_passed_is_as_good_as_now() -> None:
    sweeper, hand = make_sweeper()
    came: list[float] = []
    hand.advance(5)
    sweeper.at(1.0, lambda: came.append(hand.instant))

    hand.advance(0.02)

    assert len(came) == 1


def test_with_nothing_set_no_timer_runs() -> None:
    sweeper, hand = make_sweeper()
    sweeper.after(0.1, lambda: None).cancel()
    hand.advance(0.05)

    assert hand.pending == []


def test_it_wakes_again() -> None:
    sweeper, hand = make_sweeper()
    came: list[int] = []
    sweeper.after(0.1, lambda: came.append(1))
    hand.advance(100)
    sweeper.after(0.1, lambda: came.append(2))
    hand.advance(0.12)

    assert came == [1, 2]


class Waiting:
    """Holds the timeout that would call it."""

    def __init__(self, sweeper: Sweeper) -> None:
        self.timer = sweeper.after(0.1, self.expire)

    def expire(self) -> None:
        """It comes."""


def test_a_timeout_that_is_over_leaves_nothing_to_the_collector_of_garbage() -> None:
    sweeper, hand = make_sweeper()
    called_off, come = Waiting(sweeper), Waiting(sweeper)
    seen = [ref(called_off), ref(come)]

    gc.disable()
    try:
        called_off.timer.cancel()
        hand.advance(1)
        del called_off, come
        left = [one() for one in seen]
    finally:
        gc.enable()

    assert left == [None, None]

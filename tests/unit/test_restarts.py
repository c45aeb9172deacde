"""When a worker that ended is started again."""

from server.workers.restarts import RestartPolicy, Restarts
from tests.hand_clock import HandClock

POLICY = RestartPolicy(first_seconds=1.0, slowest_seconds=5.0, calm_seconds=30.0, deaths_at_first=3)


def restarts(hand: HandClock, *, jitter: float = 0.0) -> Restarts:
    """By a clock of one's own."""
    return Restarts(POLICY, now=hand.clock.now, jitter=lambda: jitter)


def test_a_worker_that_came_up_is_started_again_less_and_less_soon_and_never_given_up() -> None:
    found = restarts(HandClock())
    found.came_up()

    assert [found.pause_seconds() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_one_that_stayed_up_for_long_enough_is_started_as_soon_as_the_first() -> None:
    hand = HandClock()
    found = restarts(hand)
    found.came_up()
    found.pause_seconds()
    found.began()
    hand.advance(29.9)
    short = found.pause_seconds()
    found.began()
    hand.advance(30.0)

    assert (short, found.pause_seconds()) == (2.0, 1.0)


def test_one_that_never_came_up_is_given_up_at_its_third_death() -> None:
    found = restarts(HandClock())

    assert [found.pause_seconds() for _ in range(3)] == [1.0, 2.0, None]


def test_chance_shortens_a_pause_by_up_to_half_so_that_not_all_come_at_once() -> None:
    assert restarts(HandClock(), jitter=1.0).pause_seconds() == 0.5

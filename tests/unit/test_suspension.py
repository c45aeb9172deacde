"""What has failed is left alone for a moment, or until somebody finds it again."""

from middleware.suspension import SUSPENSION_SECONDS, Suspension
from tests.hand_clock import HandClock


def test_one_caller_a_second_tries_what_has_failed() -> None:
    hand = HandClock()
    suspension = Suspension(now=hand.clock.now)
    suspension.failed()

    at_once = suspension.lets_try()
    hand.advance(SUSPENSION_SECONDS)

    assert (at_once, suspension.lets_try(), suspension.lets_try()) == (False, True, False)


def test_whoever_finds_it_again_has_the_next_caller_try_at_once_and_all_when_it_has_answered() -> None:
    suspension = Suspension(now=HandClock().clock.now)
    suspension.failed()
    suspension.try_now()

    tried = (suspension.lets_try(), suspension.lets_try(), suspension.is_closed)
    suspension.answered()

    assert tried == (True, False, False)
    assert (suspension.lets_try(), suspension.is_closed) == (True, True)

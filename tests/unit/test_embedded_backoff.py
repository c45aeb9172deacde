"""The pauses between restarts."""

from storage.embedded.patience import Backoff, Patience

PATIENCE = Patience(first_restart_seconds=1.0, slowest_restart_seconds=5.0, calm_seconds=30.0)


def test_each_pause_is_twice_the_one_before_up_to_the_slowest() -> None:
    backoff = Backoff(PATIENCE, jitter=lambda: 0.0)

    assert [backoff.pause_seconds() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_chance_shortens_a_pause_by_up_to_half() -> None:
    backoff = Backoff(PATIENCE, jitter=lambda: 1.0)

    assert [backoff.pause_seconds() for _ in range(4)] == [0.5, 1.0, 2.0, 2.5]


def test_a_server_that_stayed_up_is_trusted_again_and_one_that_did_not_is_not() -> None:
    backoff = Backoff(PATIENCE, jitter=lambda: 0.0)
    backoff.pause_seconds()

    backoff.ran_for(29.9)
    short_run = backoff.pause_seconds()
    backoff.ran_for(30.0)
    long_run = backoff.pause_seconds()

    assert (short_run, long_run) == (2.0, 1.0)

"""What the probes of a process tell of where it is in its life."""

from server.standing import STEPS, Standing
from tests.hand_clock import HandClock


def test_a_start_says_what_is_done_what_is_under_way_and_what_waits_for_it() -> None:
    hand = HandClock()
    standing = Standing(now=hand.clock.now)
    standing.done("storage")
    hand.advance(1.5)

    assert {step: standing.why_not_started(step) for step in STEPS} == {
        "storage": None,
        "schema": "under way for 1.5 s",
        "postgres": "waits for schema",
        "redis": "waits for schema",
        "identity": "waits for schema",
        "statements": "waits for schema",
        "listener": "waits for schema",
    }
    assert standing.why_not_serving() == "it is starting: schema"


def test_a_started_process_is_ready_until_it_drains_and_stays_started() -> None:
    standing = Standing(now=HandClock().clock.now)
    standing.done("listener")
    before = standing.why_not_serving()

    standing.is_draining = True

    assert (before, standing.why_not_serving()) == (None, "it is stopping")
    assert {standing.why_not_started(step) for step in STEPS} == {None}

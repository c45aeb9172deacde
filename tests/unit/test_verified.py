"""What is remembered of good credentials, and for how long."""

import asyncio

import pytest

from server.identity.single_flight import SingleFlight
from server.identity.verified import REMEMBERED_SECONDS, Verified
from tests.hand_clock import HandClock
from tests.principals import caller

ADA, BOB = caller("ada"), caller("bob")


def test_a_good_credential_is_remembered_for_a_minute() -> None:
    hand = HandClock()
    verified = Verified(now=hand.clock.now)
    verified.remember(b"a", ADA, generation=0)

    hand.advance(REMEMBERED_SECONDS - 0.1)
    before = verified.principal(b"a")
    hand.advance(0.2)

    assert (before, verified.principal(b"a"), verified.has_met(b"a")) == (ADA, None, True)


def test_a_credential_that_ends_sooner_is_remembered_that_long() -> None:
    hand = HandClock()
    verified = Verified(now=hand.clock.now)
    verified.remember(b"a", ADA, generation=0, seconds=2.0)

    hand.advance(2.0)

    assert verified.principal(b"a") is None


def test_what_was_looked_up_before_a_doubt_is_in_doubt() -> None:
    verified = Verified()
    before = verified.generation
    verified.remember(b"a", ADA, generation=before)
    verified.doubt_all()

    verified.remember(b"b", BOB, generation=before)

    assert (verified.principal(b"a"), verified.principal(b"b")) == (None, None)


def test_the_one_that_was_quiet_longest_is_forgotten_first() -> None:
    verified = Verified(maximum=2)
    verified.remember(b"a", ADA, generation=0)
    verified.remember(b"b", BOB, generation=0)
    verified.principal(b"a")
    verified.remember(b"c", ADA, generation=0)

    assert [verified.has_met(one) for one in (b"a", b"b", b"c")] == [True, False, True]
    assert len(verified) == 2


def test_what_is_forgotten_was_never_met() -> None:
    verified = Verified()
    verified.remember(b"a", ADA, generation=0)

    verified.forget(b"a")
    verified.forget(b"b")

    assert not verified.has_met(b"a")


class Slow:
    """A look-up that ends when the test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go_on = asyncio.Event()

    async def __call__(self, key: str) -> str:
        self.asked.append(key)
        await self.go_on.wait()
        if key == "bad":
            raise LookupError(key)
        return key.upper()


async def test_all_who_ask_at_once_share_one_look_up() -> None:
    slow = Slow()
    flight = SingleFlight(slow)
    waiting = [asyncio.create_task(flight.get(key)) for key in ("a", "a", "b", "a")]
    await asyncio.sleep(0)
    slow.go_on.set()

    found = await asyncio.gather(*waiting)
    again = await flight.get("a")

    assert (found, again, slow.asked) == (["A", "A", "B", "A"], "A", ["a", "b", "a"])


async def test_who_leaves_takes_nothing_from_who_stays() -> None:
    slow = Slow()
    flight = SingleFlight(slow)
    leaving, staying = (asyncio.create_task(flight.get("a")) for _ in range(2))
    await asyncio.sleep(0)

    leaving.cancel()
    await asyncio.sleep(0)
    slow.go_on.set()

    assert await staying == "A"
    assert leaving.cancelled()


async def test_a_look_up_that_fails_fails_for_all_and_is_made_anew() -> None:
    slow = Slow()
    slow.go_on.set()
    flight = SingleFlight(slow)

    results = await asyncio.gather(*(flight.get("bad") for _ in range(3)), return_exceptions=True)

    assert [type(one) for one in results] == [LookupError] * 3
    with pytest.raises(LookupError):
        await flight.get("bad")
    assert slow.asked == ["bad", "bad"]

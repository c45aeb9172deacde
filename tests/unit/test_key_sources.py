"""Keys of tokens from an address: how often it is asked, and what holds while it does not answer."""

import asyncio

import pytest

from middleware.errors import Unavailable
from server.identity.key_sources import AGAIN_SECONDS, REFRESH_SECONDS, USABLE_SECONDS, FetchedKeys
from telemetry.events import KeySetFetched
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.web_tokens import curve, public_set

OLD, NEW = curve("old"), curve("new")


class Provider:
    """An identity provider's address; while it `is_away` it does not answer."""

    def __init__(self, events: Recorder) -> None:
        self.content = public_set(OLD)
        self.is_away = False
        self.asked = 0
        self.hand = HandClock()
        self.keys = FetchedKeys(self.fetch, events, now=self.hand.clock.now)

    async def fetch(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise Unavailable("away")
        return self.content

    async def has(self, key_id: str) -> bool:
        return await self.keys.find(key_id, "ES256") is not None


@pytest.fixture
def provider(events: Recorder) -> Provider:
    return Provider(events)


async def test_the_first_who_need_it_fetch_it_once(provider: Provider) -> None:
    found = await asyncio.gather(*(provider.has("old") for _ in range(50)))

    assert (set(found), provider.asked) == ({True}, 1)


async def test_a_new_key_is_found_as_soon_as_a_token_names_it(provider: Provider) -> None:
    await provider.has("old")
    provider.content = public_set(OLD, NEW)
    provider.hand.advance(AGAIN_SECONDS)

    assert (await provider.has("new"), provider.asked) == (True, 2)


async def test_invented_names_have_it_asked_no_oftener(provider: Provider) -> None:
    for number in range(1_000):
        assert not await provider.has(f"invented {number}")

    assert provider.asked == 1
    provider.hand.advance(AGAIN_SECONDS)
    assert not any(await asyncio.gather(*(provider.has(f"invented {number}") for number in range(1_000))))
    assert provider.asked == 2


async def test_known_keys_hold_while_it_is_away(provider: Provider, events: Recorder) -> None:
    await provider.has("old")
    provider.is_away = True
    provider.hand.advance(USABLE_SECONDS - 1)
    held = await provider.has("old"), await provider.has("new")
    provider.hand.advance(1)

    assert held == (True, False)
    with pytest.raises(Unavailable, match="cannot be fetched"):
        await provider.has("old")
    assert [(event.outcome, event.keys, event.reason) for event in events.of(KeySetFetched)] == [
        ("ok", 1, ""),
        ("error", 1, "away"),
        ("error", 1, "away"),
    ]


async def test_an_answer_that_is_no_set_changes_nothing(provider: Provider, events: Recorder) -> None:
    await provider.has("old")
    provider.content = b'{"keys": []}'
    provider.hand.advance(AGAIN_SECONDS)

    assert (await provider.has("new"), await provider.has("old")) == (False, True)
    assert [event.outcome for event in events.of(KeySetFetched)] == ["ok", "error"]


async def test_it_is_fetched_ahead_of_need_and_sooner_after_a_failure(events: Recorder) -> None:
    asleep: asyncio.Queue[float] = asyncio.Queue()
    wake = asyncio.Semaphore(0)
    provider = Provider(events)

    async def sleep(seconds: float) -> None:
        asleep.put_nowait(seconds)
        await wake.acquire()
        provider.hand.advance(seconds)

    keys = FetchedKeys(provider.fetch, events, now=provider.hand.clock.now, sleep=sleep)
    running = asyncio.create_task(keys.run())
    pauses = [await asleep.get()]
    provider.is_away = True
    wake.release()
    pauses.append(await asleep.get())
    provider.is_away = False
    wake.release()
    pauses.append(await asleep.get())
    running.cancel()
    await asyncio.wait([running])

    assert (pauses, provider.asked) == ([REFRESH_SECONDS, AGAIN_SECONDS, REFRESH_SECONDS], 3)

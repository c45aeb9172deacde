"""Whose a key is: looked up once, remembered a minute, forgotten with a revocation."""

import asyncio

import pytest

from middleware.errors import Unavailable
from middleware.inbound.authenticate import CredentialRefused
from middleware.inbound.principal import Principal, Scopes
from server.identity.api_keys import ApiKeys
from server.identity.key_text import new_key
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import CURRENT_SECONDS, RevocationWatch
from server.identity.verified import REMEMBERED_SECONDS, Verified
from tests.hand_clock import HandClock
from tests.hand_stamp import HandStamp
from tests.stored_keys import MOMENT, HandKeys


class Bench:
    """Keys, a stamp and a clock in the test's hand, and the authenticator over them."""

    def __init__(self) -> None:
        self.keys, self.stamp, self.hand = HandKeys(), HandStamp(), HandClock()
        verified = Verified(now=self.hand.clock.now)

        async def doubt() -> None:
            verified.doubt_all()

        self.watch = RevocationWatch(self.stamp, on_change=doubt, now=self.hand.clock.now)
        self.uses = KeyUses(self.keys)
        self.api_keys = ApiKeys(
            self.keys,
            verified=verified,
            watch=self.watch,
            uses=self.uses,
            limit_factor=lambda roles: 5.0 if "partner" in roles else 1.0,
        )

    async def refusal(self, credential: str) -> tuple[str, str, str]:
        with pytest.raises(CredentialRefused) as raised:
            await self.api_keys.verify(credential)
        return raised.value.outcome, raised.value.credential_id, raised.value.detail


async def test_a_key_is_its_subject_with_its_roles() -> None:
    bench = Bench()
    key = bench.keys.add(roles=("partner",), tenant="acme", resources=("products",), may_write=False)

    assert await bench.api_keys.verify(key.text) == Principal(
        subject=f"key:{key.name.id}",
        roles=frozenset({"partner"}),
        tenant="acme",
        scopes=Scopes(resources=frozenset({"products"}), may_write=False),
        credential_id=key.name.id,
        credential_kind="api_key",
        limit_factor=5.0,
    )


async def test_a_key_s_own_factor_wins_over_its_roles() -> None:
    bench = Bench()
    key = bench.keys.add(roles=("partner",), limit_factor=0.5)

    assert (await bench.api_keys.verify(key.text)).limit_factor == 0.5


async def test_a_key_is_looked_up_once_a_minute() -> None:
    bench = Bench()
    key = bench.keys.add()
    found = [bench.api_keys.remembered(key.text), await bench.api_keys.verify(key.text)]

    bench.hand.advance(REMEMBERED_SECONDS - 1)
    later = bench.api_keys.remembered(key.text)
    bench.hand.advance(1)

    assert (found[0], later, bench.keys.asked) == (None, found[1], 1)
    assert (bench.api_keys.remembered(key.text), bench.api_keys.has_met(key.text)) == (None, True)


async def test_a_hundred_requests_at_once_look_a_key_up_once() -> None:
    bench = Bench()
    key = bench.keys.add()

    found = await asyncio.gather(*(bench.api_keys.verify(key.text) for _ in range(100)))

    assert (len(set(found)), bench.keys.asked) == (1, 1)


async def test_after_a_revocation_anywhere_every_key_is_looked_up_again() -> None:
    bench = Bench()
    key, other = bench.keys.add(), bench.keys.add()
    for one in (key, other):
        await bench.api_keys.verify(one.text)
    bench.keys.change(key, revoked_at=MOMENT)
    await bench.stamp.change()

    await bench.watch.look()

    assert [bench.api_keys.remembered(one.text) for one in (key, other)] == [None, None]
    assert await bench.refusal(key.text) == ("revoked", key.name.id, "This key has been revoked.")
    assert not bench.api_keys.has_met(key.text)
    assert (await bench.api_keys.verify(other.text)).credential_id == other.name.id


async def test_a_look_up_under_way_during_a_revocation_is_not_relied_on() -> None:
    bench = Bench()
    key = bench.keys.add()
    bench.keys.answers.clear()
    looking = asyncio.create_task(bench.api_keys.verify(key.text))
    await bench.keys.was_asked.wait()  # the row is read before it is revoked
    bench.keys.change(key, revoked_at=MOMENT)
    await bench.stamp.change()
    await bench.watch.look()

    bench.keys.answers.set()
    await looking

    assert bench.api_keys.remembered(key.text) is None


async def test_what_is_unknown_and_what_is_wrong_is_refused_alike() -> None:
    bench = Bench()
    key = bench.keys.add()
    wrong = new_key(random_bytes=lambda count: b"\x07" * count)

    assert await bench.refusal(wrong.text) == ("unknown", wrong.name.id, "This key is not known here.")
    assert (await bench.refusal(key.text[:-1]))[:2] == ("malformed", "")
    assert (await bench.refusal("eyJhbGciOi"))[:2] == ("malformed", "")
    assert bench.keys.asked == 1


async def test_an_expired_key_is_refused_also_where_it_was_remembered() -> None:
    bench = Bench()
    key = bench.keys.add(expires_in_seconds=2.0)
    await bench.api_keys.verify(key.text)
    bench.hand.advance(2.0)
    remembered = bench.api_keys.remembered(key.text)
    bench.keys.change(key, expires_in_seconds=0.0)

    assert remembered is None
    assert await bench.refusal(key.text) == ("expired", key.name.id, "This key has expired.")


async def test_an_admin_s_key_is_refused_while_revocations_cannot_be_heard_of() -> None:
    bench = Bench()
    admin, staff = bench.keys.add(roles=("admin",)), bench.keys.add()
    await bench.watch.look()
    for key in (admin, staff):
        await bench.api_keys.verify(key.text)
    bench.stamp.is_away = True
    bench.hand.advance(CURRENT_SECONDS)
    await bench.watch.look()
    within = bench.api_keys.remembered(admin.text)
    bench.hand.advance(0.01)

    assert within is not None
    with pytest.raises(Unavailable, match="cannot be checked"):
        bench.api_keys.remembered(admin.text)
    with pytest.raises(Unavailable, match="cannot be checked"):
        await bench.api_keys.verify(admin.text)
    assert bench.api_keys.remembered(staff.text) is not None

    bench.stamp.is_away = False
    await bench.watch.look()
    assert bench.api_keys.remembered(admin.text) is not None


async def test_before_the_first_look_no_admin_s_key_is_taken() -> None:
    bench = Bench()
    admin = bench.keys.add(roles=("admin",))

    with pytest.raises(Unavailable):
        await bench.api_keys.verify(admin.text)


async def test_a_table_that_cannot_be_reached_is_no_refusal() -> None:
    bench = Bench()
    key = bench.keys.add()
    bench.keys.is_away = True

    with pytest.raises(Unavailable):
        await bench.api_keys.verify(key.text)


async def test_the_watch_tells_once_of_each_change() -> None:
    told: list[str] = []
    stamp = HandStamp()

    async def tell() -> None:
        told.append("changed")

    watch = RevocationWatch(stamp, on_change=tell)
    for _ in range(2):
        await watch.look()
        await watch.look()
        await stamp.change()
    stamp.is_away = True
    await watch.look()
    stamp.is_away = False
    await watch.look()

    assert told == ["changed"] * 2


async def test_uses_are_written_once_a_minute_and_at_the_end() -> None:
    keys = HandKeys()
    asleep: asyncio.Queue[float] = asyncio.Queue()
    wake = asyncio.Semaphore(0)

    async def sleep(seconds: float) -> None:
        asleep.put_nowait(seconds)
        await wake.acquire()

    uses = KeyUses(keys, sleep=sleep)
    running = asyncio.create_task(uses.run())
    for gathered in (["a", "b", "a"], [], ["c"]):
        await asleep.get()
        for one in gathered:
            uses.used(one)
        wake.release()
    assert await asleep.get() == 60.0
    uses.used("d")

    running.cancel()
    await asyncio.wait([running])

    assert keys.used == [{"a", "b"}, {"c"}, {"d"}]


async def test_uses_that_cannot_be_written_wait_for_the_next_time() -> None:
    keys = HandKeys()
    uses = KeyUses(keys)
    uses.used("a")
    keys.is_away = True
    await uses.write()
    uses.used("b")
    keys.is_away = False

    await uses.write()
    await uses.write()

    assert keys.used == [{"a", "b"}]

"""The parts of accounts: refresh tokens, sealed keys, hashed passwords, sessions that ended, kinds of tokens."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from middleware.errors import Overloaded, Unavailable
from middleware.inbound.principal import Principal
from server.accounts.ended_sessions import EndedSessions
from server.accounts.password_hashing import THREADS, PasswordHashing
from server.accounts.password_rules import weakness_of
from server.accounts.refresh_tokens import AccountSecret, read_refresh_token
from server.accounts.signing_keys import SigningKeys
from server.accounts.token_kinds import TokenKinds, is_ours
from storage.credentials.session_table import News
from storage.credentials.signing_key_table import StoredSigningKey
from tests.hand_clock import HandClock
from tests.web_tokens import curve, signed

SECRET = AccountSecret("the secret of this test, long enough")
SESSION, SEED = "0" * 32, "5e" * 32
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class HandSigningKeys:
    """A table of signing keys in the test's hand."""

    def __init__(self) -> None:
        self.keys: list[StoredSigningKey] = []
        self.reads = 0

    async def valid(self) -> list[StoredSigningKey]:
        self.reads += 1
        return list(self.keys)

    async def add(self, key: StoredSigningKey) -> None:
        self.keys.append(key)


class HandNews:
    """What happens to sessions, in the test's hand."""

    def __init__(self) -> None:
        self.ended: Sequence[str] = ()
        self.key_ids: Sequence[str] = ()
        self.asked: list[float] = []
        self.is_away = False

    async def hear(self, *, within_seconds: float) -> News:
        if self.is_away:
            raise Unavailable
        self.asked.append(within_seconds)
        return News(ended=tuple(self.ended), key_ids=tuple(self.key_ids))


class Somebody:
    """An Authenticator that takes everything."""

    def __init__(self, subject: str) -> None:
        self.subject = subject

    def remembered(self, credential: str) -> Principal | None:
        return None

    def has_met(self, credential: str) -> bool:
        return False

    async def verify(self, credential: str) -> Principal:
        return Principal(subject=self.subject, roles=frozenset(), credential_id="", credential_kind="jwt")


@given(number=st.integers(1, 999_999_999), seed=st.binary(min_size=32, max_size=32).map(bytes.hex))
def test_a_refresh_token_is_known_by_its_secret_and_seed_alone(number: int, seed: str) -> None:
    text = SECRET.refresh_token(SESSION, number, seed=seed)

    token = read_refresh_token(text)

    assert token is not None
    assert (token.session_id, token.number, SECRET.gave(token, seed=seed)) == (SESSION, number, True)
    assert not SECRET.gave(token, seed="00" * 32) or seed == "00" * 32
    assert not AccountSecret("another secret, which is as long").gave(token, seed=seed)
    assert token.proof not in repr(token)


@pytest.mark.parametrize("change", ["", " ", "mainstay_x", "_2_", "_0_", "\n"])
def test_what_only_looks_like_a_refresh_token_is_none(change: str) -> None:
    text = SECRET.refresh_token(SESSION, 1, seed=SEED)
    changed = {"_2_": text.replace("_1_", "_2_"), "_0_": text.replace("_1_", "_0_"), "\n": text + "\n"}
    token = read_refresh_token(changed.get(change, change))

    assert token is None or not SECRET.gave(token, seed=SEED)


async def test_a_key_signs_only_for_whoever_has_the_secret_and_verifies_for_all() -> None:
    table = HandSigningKeys()
    ours, others = SigningKeys(table, SECRET.sealing_key), SigningKeys(table, AccountSecret("x" * 32).sealing_key)
    await ours.open()
    await others.open()
    await ours.refresh()

    told = [keys.signed({"sub": "ada"}).split(".")[0] for keys in (ours, others)]

    assert len(table.keys) == 2
    assert told[0] != told[1]
    assert [await keys.find(one.id, "ES256") is not None for keys in (ours, others) for one in table.keys] == [True] * 4
    assert ours.published == others.published
    assert b'"d"' not in ours.published


async def test_invented_names_of_keys_do_not_have_the_table_read_each_time() -> None:
    table, hand = HandSigningKeys(), HandClock()
    keys = SigningKeys(table, SECRET.sealing_key, now=hand.clock.now)
    await keys.open()
    before = table.reads

    found = [await keys.find(f"mainstay-{number}", "ES256") for number in range(100)]
    hand.advance(1.0)
    await keys.find("mainstay-x", "ES256")

    assert (set(found), table.reads - before) == ({None}, 1)


async def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(Unavailable):
        SigningKeys(HandSigningKeys(), SECRET.sealing_key).signed({})


async def test_a_password_is_known_however_its_letters_are_composed_and_hashed_anew_when_that_is_due() -> None:
    passwords, stronger = PasswordHashing(FAST), PasswordHashing(PasswordHasher(2, 8, 1))

    stored = await passwords.hashed("Ame\u0301lie's horse")

    assert [await passwords.matches(one, stored) for one in ("Am\u00e9lie's horse", "Amelie's horse")] == [True, False]
    assert not await passwords.matches("anything", "no hash at all")
    assert (passwords.is_outdated(stored), stronger.is_outdated(stored)) == (False, True)
    assert stored.startswith("$argon2id$")
    assert await passwords.hashed("the same") != await passwords.hashed("the same")


async def test_hashing_takes_a_bounded_number_at_once_and_refuses_whoever_would_wait_too_long() -> None:
    released = threading.Event()
    released.set()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            released.wait()
            return "hashed"

    passwords = PasswordHashing(Slow(), waiting_at_most=3)
    released.clear()
    under_way = [asyncio.create_task(passwords.hashed("x")) for _ in range(THREADS + 3)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded):
        await passwords.hashed("one too many")
    released.set()

    assert await asyncio.gather(*under_way) == ["hashed"] * (THREADS + 3)
    assert await passwords.hashed("room again") == "hashed"
    passwords.close()


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "qwertyuiop123",
        "lovelace.ada",
        "Ada.Lovelace1",
        "a" * 200,
        "momsanaladventure",
        "WoodShop2026",
        "ilovewoodshop!",
    ],
)
def test_what_is_easily_guessed_is_weak(password: str) -> None:
    assert weakness_of(password, "ada.lovelace@example.org", "wood-shop").startswith("It is easily guessed: ")


@pytest.mark.parametrize("password", ["correct horse battery staple", "xK4#v9!pQz", "4@8({[<369&#!1/|0$5+7%2" * 3])
def test_what_is_not_easily_guessed_is_taken(password: str) -> None:
    assert weakness_of(password, "ada.lovelace@example.org") == ""


async def test_sessions_that_end_are_remembered_as_long_as_a_token_of_theirs_may_live() -> None:
    news, hand, told = HandNews(), HandClock(), list[str]()

    async def other_keys() -> None:
        told.append("other keys")

    ended = EndedSessions(news, kept_seconds=300.0, on_other_keys=other_keys, now=hand.clock.now)
    known_before = ended.is_known
    news.ended, news.key_ids = ["one"], ["k"]
    await ended.hear()
    news.ended = ()
    hand.advance(10.0)
    await ended.hear()
    still = ended.has("one")
    hand.advance(330.0)
    await ended.hear()

    assert (known_before, ended.is_known, still, ended.has("one")) == (False, True, True, False)
    assert news.asked == [330.0, 40.0, 330.0]
    assert told == ["other keys"]


async def test_what_could_not_be_heard_of_is_asked_for_with_the_next_question() -> None:
    news, hand = HandNews(), HandClock()

    async def other_keys() -> None:
        """There are none."""

    ended = EndedSessions(news, kept_seconds=300.0, on_other_keys=other_keys, now=hand.clock.now)
    await ended.hear()
    news.is_away = True
    hand.advance(100.0)
    with pytest.raises(Unavailable):
        await ended.hear()
    news.is_away = False
    hand.advance(100.0)
    await ended.hear()

    assert news.asked == [330.0, 230.0]


async def test_each_token_goes_to_those_whose_it_says_it_is() -> None:
    kinds = TokenKinds(Somebody("ours"), Somebody("theirs"))
    ours, theirs = (signed(curve(key_id), "ES256") for key_id in ("mainstay-1", "k"))

    subjects = [(await kinds.verify(text)).subject for text in (ours, theirs, "x.y.z", "", "é.é.é", "e30" + "A" * 999)]

    assert subjects == ["ours", *["theirs"] * 5]
    assert (is_ours(ours), is_ours(theirs)) == (True, False)

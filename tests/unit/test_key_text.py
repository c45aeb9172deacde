"""What a key looks like, and what does not look like one."""

import re

from hypothesis import given
from hypothesis import strategies as st

from server.identity.key_text import digest_of, id_in, new_key


@given(st.binary(min_size=32, max_size=32))
def test_a_new_key_is_a_key_and_tells_its_id(random: bytes) -> None:
    key = new_key(random_bytes=lambda count: random[:count])

    assert (id_in(key.text), digest_of(key.text)) == (key.name.id, key.name.digest)
    assert re.fullmatch(r"mainstay_\w+", key.text), "one word, for whoever double-clicks it"


@given(st.integers(0, 68), st.sampled_from("0aZ_~é\udc80"))
def test_a_key_with_a_character_changed_is_none(place: int, character: str) -> None:
    text = new_key().text
    changed = text[:place] + character + text[place + 1 :]

    assert id_in(changed) == (id_in(text) if changed == text else None)


@given(st.text(max_size=100))
def test_garbage_is_no_key_and_has_a_digest(text: str) -> None:
    assert (id_in(text), id_in(f"mainstay_{text}"), len(digest_of(text))) == (None, None, 32)


def test_no_two_keys_are_alike() -> None:
    assert len({new_key().text for _ in range(1_000)}) == 1_000


def test_a_key_is_not_shown_by_what_holds_it() -> None:
    key = new_key()
    secret = key.text.rsplit("_", 1)[1]

    assert secret not in repr(key)
    assert key.name.digest.hex() not in repr(key)
    assert repr(key.name.digest) not in repr(key)

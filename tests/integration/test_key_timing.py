"""The time a refusal takes does not tell whether there is a key of that id; each has a secret of its own."""

import asyncio
import random
import secrets
import time

import pytest

from middleware.inbound.authenticate import CredentialRefused
from server.identity.api_keys import ApiKeys
from server.identity.key_ring import KeyRing
from server.identity.key_text import new_key
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch
from server.identity.verified import Verified
from storage.credentials.key_table import KeyTable
from storage.credentials.stored_key import KeyGrant
from storage.migrations.ledger import make_ready
from tests.hand_stamp import HandStamp
from tests.integration.open_pool import open_pool
from tests.timing import SAMPLES, is_distinguishable, welch


async def ignore() -> None:
    """Nothing is revoked here."""


def with_id_of(random_id: bytes) -> str:
    """A well-formed key whose id there is, and whose secret is wrong."""
    return new_key(random_bytes=lambda count: random_id if count == 8 else secrets.token_bytes(count)).text


async def refused_after_seconds(api_keys: ApiKeys, credential: str) -> float:
    began = time.perf_counter()
    with pytest.raises(CredentialRefused):
        await api_keys.verify(credential)
    return time.perf_counter() - began


async def test_an_unknown_key_and_a_wrong_one_cannot_be_told_apart_by_the_time(database: str) -> None:
    await asyncio.to_thread(make_ready, database)
    kinds = ["unknown", "wrong"] * SAMPLES
    random.shuffle(kinds)
    took: dict[str, list[float]] = {"unknown": [], "wrong": []}
    known_id = secrets.token_bytes(8)
    async with open_pool(database) as pool:
        table = KeyTable(pool)
        key = new_key(random_bytes=lambda count: known_id if count == 8 else secrets.token_bytes(count))
        await table.add(key.name, KeyGrant(name="", subject="ada", roles=()), created_by="a test")
        assert (await KeyRing(table, None).shown())[0].id == key.name.id
        watch = RevocationWatch(HandStamp(), on_change=ignore)
        api_keys = ApiKeys(
            table, verified=Verified(), watch=watch, uses=KeyUses(table), limit_factor=lambda _roles: 1.0
        )
        for kind in kinds:
            credential = new_key().text if kind == "unknown" else with_id_of(known_id)
            took[kind].append(await refused_after_seconds(api_keys, credential))

    assert not is_distinguishable(took["unknown"], took["wrong"]), welch(took["unknown"], took["wrong"])


def test_the_test_itself_sees_a_difference_of_a_tenth() -> None:
    draw = random.Random(7)  # noqa: S311 - samples, not secrets
    one = [draw.gauss(1.0, 0.2) for _ in range(SAMPLES)]
    other = [draw.gauss(1.1, 0.2) for _ in range(SAMPLES)]

    assert is_distinguishable(one, other)
    assert not is_distinguishable(one, [draw.gauss(1.0, 0.2) for _ in range(SAMPLES)])

"""The table of keys on a real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from middleware.errors import NotFound
from server.identity.key_ring import KeyRing
from server.identity.key_text import digest_of
from storage.credentials.key_table import KeyTable
from storage.credentials.stored_key import KeyGrant
from storage.migrations.ledger import make_ready
from tests.hand_stamp import HandStamp
from tests.integration.open_pool import open_pool
from tests.integration.sql import ask

GRANT = KeyGrant(
    name='a "name"',
    subject="ada",
    roles=("admin", "staff"),
    tenant="acme",
    resources=("products",),
    may_write=False,
    limit_factor=2.5,
    expires_in_seconds=3_600.0,
)
PLAIN = KeyGrant(name="", subject="", roles=())


@pytest.fixture
async def ring(database: str) -> AsyncIterator[KeyRing]:
    await asyncio.to_thread(make_ready, database)
    async with open_pool(database) as pool:
        yield KeyRing(KeyTable(pool), HandStamp())


async def test_a_key_is_found_by_itself_and_is_what_was_granted(ring: KeyRing) -> None:
    made = await ring.make(GRANT, created_by="a test")

    found = await ring.table.find(digest_of(made.text))

    assert found is not None
    assert (
        KeyGrant(
            name=found.name,
            subject=found.subject,
            roles=found.roles,
            tenant=found.tenant,
            resources=found.resources,
            may_write=found.may_write,
            limit_factor=found.limit_factor,
            expires_in_seconds=3_600.0,
        )
        == GRANT
    )
    assert found.expires_in_seconds is not None
    assert 3_500 < found.expires_in_seconds <= 3_600
    assert (found.created_by, found.revoked_at, found.last_used_at) == ("a test", None, None)


async def test_a_plain_key_stands_for_itself_and_never_expires(ring: KeyRing) -> None:
    stored = (await ring.make(PLAIN, created_by="a test")).stored

    assert (stored.subject, stored.expires_at, stored.resources, stored.roles) == (f"key:{stored.id}", None, None, ())


async def test_neither_the_key_nor_its_secret_is_in_the_database(ring: KeyRing, database: str) -> None:
    made = await ring.make(GRANT, created_by="a test")

    found = await ask(database, "SELECT api_key::text FROM mainstay_internal.api_key")

    assert found is not None
    assert made.stored.id in str(found[0])
    assert made.text.rsplit("_", 1)[1][:16] not in str(found[0])


async def test_another_s_secret_finds_nothing(ring: KeyRing) -> None:
    made, other = [await ring.make(PLAIN, created_by="a test") for _ in range(2)]
    mixed = made.text[:21] + other.text[21:]

    assert [await ring.table.find(digest_of(text)) for text in (mixed, "", made.text[:-1])] == [None] * 3


async def test_revoking_is_for_good_and_may_be_said_again(ring: KeyRing) -> None:
    made = await ring.make(PLAIN, created_by="a test")

    first = await ring.revoke(made.stored.id)
    again = await ring.revoke(made.stored.id)

    assert first.stored.revoked_at is not None
    assert (again.stored.revoked_at, first.is_announced, again.is_announced) == (first.stored.revoked_at, True, True)
    with pytest.raises(NotFound):
        await ring.revoke("nobody")


async def test_a_revocation_that_cannot_be_announced_holds_all_the_same(ring: KeyRing) -> None:
    made = await ring.make(PLAIN, created_by="a test")
    assert isinstance(ring.stamp, HandStamp)
    ring.stamp.is_away = True

    revoked = await ring.revoke(made.stored.id)

    found = await ring.table.find(digest_of(made.text))
    assert found is not None
    assert (revoked.is_announced, found.revoked_at) == (False, revoked.stored.revoked_at)


async def test_a_rotated_key_lives_beside_its_successor_for_the_overlap(ring: KeyRing) -> None:
    made = await ring.make(GRANT, created_by="a test")

    new = await ring.rotate(made.stored.id, overlap_seconds=60, created_by="another")
    newest = await ring.rotate(made.stored.id, overlap_seconds=30, created_by="another")

    old, found = await ring.table.find(digest_of(made.text)), await ring.table.find(digest_of(new.text))
    assert old is not None
    assert found is not None
    assert old.expires_in_seconds is not None
    assert old.expires_in_seconds <= 30
    for successor in (found, newest.stored):
        assert successor.expires_in_seconds is not None
        assert 3_500 < successor.expires_in_seconds <= 3_600, "as long as the first was made for"
        assert (successor.rotated_from, successor.created_by, successor.subject, successor.roles) == (
            made.stored.id,
            "another",
            "ada",
            ("admin", "staff"),
        )


async def test_what_has_ended_is_not_rotated(ring: KeyRing) -> None:
    revoked, expired = [await ring.make(GRANT, created_by="a test") for _ in range(2)]
    await ring.revoke(revoked.stored.id)
    await ring.rotate(expired.stored.id, overlap_seconds=0, created_by="a test")

    for made in (revoked, expired):
        with pytest.raises(NotFound, match="make a new one"):
            await ring.rotate(made.stored.id, overlap_seconds=60, created_by="a test")


async def test_a_tenant_sees_and_touches_its_own_keys_only(ring: KeyRing) -> None:
    mine = await ring.make(GRANT, created_by="a test")
    theirs = await ring.make(replace(GRANT, tenant="other"), created_by="a test")
    await ring.make(PLAIN, created_by="a test")

    assert [key.id for key in await ring.shown(tenant="acme")] == [mine.stored.id]
    assert len(await ring.shown()) == 3
    with pytest.raises(NotFound):
        await ring.revoke(theirs.stored.id, tenant="acme")
    with pytest.raises(NotFound):
        await ring.rotate(theirs.stored.id, overlap_seconds=60, created_by="a test", tenant="acme")
    assert (await ring.revoke(mine.stored.id, tenant="acme")).stored.id == mine.stored.id


async def test_uses_are_marked_in_one_statement(ring: KeyRing) -> None:
    used, unused = [await ring.make(PLAIN, created_by="a test") for _ in range(2)]

    await ring.table.mark_used({used.stored.id, "nobody"})

    shown = {key.id: key.last_used_at is not None for key in await ring.shown()}
    assert shown == {used.stored.id: True, unused.stored.id: False}

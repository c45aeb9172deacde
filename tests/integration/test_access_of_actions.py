"""Each action has the narrowest word that was said of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.integration.neighbours_service import declaration
from tests.integration.rest_client import Client, served_service
from tests.integration.signed_callers import SignedCaller, signed_caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """Whoever comes by it, and a note that Ada has pinned up."""

    nobody: SignedCaller
    ada: SignedCaller
    bob: SignedCaller
    staff: SignedCaller
    note: str

    async def statuses(self, method: str, path: str, json: object = ...) -> list[int]:
        """What nobody, Bob, Ada and staff are answered, in this order."""
        callers = (self.nobody, self.bob, self.ada, self.staff)
        return [(await caller.ask(method, path, json)).status for caller in callers]


@pytest.fixture
async def wall(database: str) -> AsyncIterator[Wall]:
    async with served_service(declaration(), database) as client:
        yield await _wall(client)


async def _wall(client: Client) -> Wall:
    ada = await signed_caller(client, "ada")
    note = await ada.made("/notes", text="Lost: a cat.")
    return Wall(
        nobody=SignedCaller(client),
        ada=ada,
        bob=await signed_caller(client, "bob"),
        staff=await signed_caller(client, "sue", "staff"),
        note=f"/notes/{note['id']}",
    )


async def test_reading_one_is_not_listing_all(wall: Wall) -> None:
    assert await wall.statuses("GET", wall.note) == [200, 200, 200, 200]
    assert await wall.statuses("GET", "/notes") == [401, 200, 200, 200]


async def test_who_may_create_may_not_therefore_change(wall: Wall) -> None:
    assert await wall.statuses("POST", "/notes", {"text": "x"}) == [201, 201, 201, 201]
    assert await wall.statuses("PATCH", wall.note, {"text": "Found."}) == [401, 404, 200, 404]


async def test_to_replace_takes_both(wall: Wall) -> None:
    assert await wall.statuses("PUT", wall.note, {"text": "Found."}) == [401, 404, 200, 404]


async def test_deleting_has_a_word_of_its_own(wall: Wall) -> None:
    assert await wall.statuses("DELETE", wall.note) == [401, 403, 403, 204]

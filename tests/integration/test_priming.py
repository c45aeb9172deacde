"""What callers usually ask is ready when the service is: the first who asks has nothing made or prepared for it."""

import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Annotated, Any

import aiohttp
import pytest

from middleware.errors import Bug
from server import ANYONE, OWNER, Model, ReadableBy, Resource, Service, role
from server.testing import ServedService, served
from storage.credentials.key_table import FIND_KEY
from storage.postgres.connection import PostgresConnection
from storage.postgres.statement import compiled, statement
from tests.integration.open_pool import open_pool

TABLES = {"book", "note"}


class Book(Model):
    title: str
    pages: int
    price: Annotated[int, ReadableBy(role("staff"))] = 0


class Note(Model):
    text: str


SERVICE = Service(
    name="library",
    resources=[
        Resource(Book, "/books", read=ANYONE, write=role("staff"), cache_seconds=30),
        Resource(Note, "/notes", access=OWNER | role("staff"), audited=True, idempotency="none"),
    ],
)
WHOLE: Mapping[str, Mapping[str, object]] = {
    "/books": {"title": "Emma", "pages": 474, "price": 12},
    "/notes": {"text": "due on Monday"},
}


@dataclass(slots=True, kw_only=True)
class Work:
    """Calls that were made of functions which the first callers are to be spared."""

    compiled: int = 0
    prepared: list[str] = field(default_factory=list)

    def __call__(self, frame: FrameType, what: str, _argument: object) -> None:
        """Look at a call; the interpreter's own."""
        if what != "call":
            return
        if frame.f_code is compiled.__code__:
            self.compiled += 1
        elif frame.f_code is PostgresConnection._prepare_and_invoke.__code__:
            prepared = frame.f_locals["statement"]
            if prepared == FIND_KEY or TABLES.intersection(prepared.tables):  # others' are the background's
                self.prepared.append(prepared.sql)


@contextmanager
def work_looked_at() -> Iterator[Work]:
    """What is done in the block."""
    work = Work()
    sys.setprofile(work)
    try:
        yield work
    finally:
        sys.setprofile(None)


@pytest.fixture(scope="module")
async def library() -> AsyncIterator[ServedService]:
    """Given all the time it wants to get ready; both its connections are there from the start."""
    async with served(SERVICE, priming_seconds=60, pool_connections=2) as running:
        yield running


async def first_requests(client: aiohttp.ClientSession, path: str, key: str) -> Sequence[int]:
    """One of each kind of request, by somebody with this key."""
    statuses = []

    async def ask(method: str, to: str, **more: Any) -> aiohttp.ClientResponse:
        headers = {"Authorization": f"Bearer {key}", **more.pop("headers", {})}
        async with client.request(method, to, headers=headers, **more) as answer:
            statuses.append(answer.status)
            await answer.read()
            return answer

    made = await ask("POST", path, json=WHOLE[path])
    record = f"{path}/{(await made.json())['id']}"
    shown = await ask("GET", record)
    await ask("GET", path)
    await ask("PATCH", record, json=dict([next(iter(WHOLE[path].items()))]))
    await ask("PUT", record, json=WHOLE[path])
    await ask("PUT", record, json=WHOLE[path], headers={"If-Match": shown.headers["ETag"]})
    await ask("DELETE", record)
    return statuses


@pytest.mark.parametrize("path", ["/books", "/notes"])
async def test_the_first_requests_of_whoever_holds_a_role_find_their_statements_made_and_prepared(
    library: ServedService, path: str
) -> None:
    key = await library.key("staff")
    async with aiohttp.ClientSession(library.url) as client:
        with work_looked_at() as work:
            statuses = await first_requests(client, path, key)

    assert statuses == [201, 200, 200, 200, 200, 412, 204]
    assert work == Work()


async def test_so_do_those_of_whoever_owns_a_record_and_of_whoever_shows_no_credentials(library: ServedService) -> None:
    key = await library.key()
    async with aiohttp.ClientSession(library.url) as client:
        with work_looked_at() as work:
            statuses = await first_requests(client, "/notes", key)
            async with client.get("/books") as shown:
                statuses = [*statuses, shown.status]

    assert statuses == [201, 200, 200, 200, 200, 412, 204, 200]
    assert work == Work()


async def test_what_cannot_be_prepared_is_passed_over_and_told_to_whoever_runs_it(database: str) -> None:
    missing = statement("SELECT * FROM there_is_none", types={}, writes=False)
    sound = statement("SELECT 1", types={}, writes=False)
    async with open_pool(database, minimum=2, maximum=2) as pool:
        prepared = await pool.prepare([missing, sound], within_seconds=60.0)
        with pytest.raises(Bug):
            await pool.run(missing, operation="test")
        rows = await pool.run(sound, operation="test")

    assert (prepared, rows) == (1, [(1,)])

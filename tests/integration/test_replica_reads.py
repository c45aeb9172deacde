"""Reads from a real replica: none older than allowed, and none that misses what its caller wrote."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import pytest
from pydantic import Field

from server import ANYONE, Indexed, Model, Resource, Service
from server.testing import ServedService, served
from telemetry.events import ReplicaRead
from tests.integration.replicated_postgres import Node, Pair, replicated_postgres
from tests.patience import until_told

LAG_SECONDS = 2.0
PATIENCE_SECONDS = 20.0


class Note(Model):
    """Something written down."""

    text: Annotated[str, Indexed(), Field(max_length=200)]


NOTES = Service(
    name="notes",
    resources=[
        Resource(Note, path="/notes", access=ANYONE),
    ],
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def texts(self) -> list[str]:
        """The notes of a list."""
        return [item["text"] for item in self.body["items"]]

    @property
    def came_from(self) -> str:
        """Who answered, and why."""
        return self.headers.get("Cache-Status", "")

    @property
    def is_replicas(self) -> bool:
        """Whether a replica gave it."""
        return "; hit" in self.came_from


@dataclass(frozen=True, slots=True)
class World:
    """A service that reads from the second of two servers."""

    pair: Pair
    service: ServedService
    session: aiohttp.ClientSession

    @property
    def replica(self) -> Node:
        """The server that follows the other."""
        return self.pair.second

    async def ask(self, method: str, path: str, json: object = None, **headers: str) -> Answer:
        """Send a request; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, self.service.url + path, json=json, headers=named) as response:
            return Answer(
                response.status, dict(response.headers), await response.json() if response.status != 204 else None
            )

    async def write(self, text: str) -> Answer:
        """Make a note."""
        return await self.ask("POST", "/notes", {"text": text})

    async def until(self, holds: Callable[[Answer], bool]) -> Answer:
        """Read until the answer is such."""
        found: list[Answer] = []

        async def is_so() -> bool:
            found[:] = [await self.ask("GET", "/notes")]
            return holds(found[0])

        await until_told(is_so, within_seconds=PATIENCE_SECONDS)
        return found[0]

    async def takes_writes(self) -> bool:
        """Whether a note can be made."""
        return (await self.write("after")).status == 201


@pytest.fixture(scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    async with replicated_postgres(tmp_path_factory.mktemp("r")) as made:
        yield made


@asynccontextmanager
async def a_world(pair: Pair, **settings: Any) -> AsyncIterator[World]:
    async with AsyncExitStack() as held:
        service = await held.enter_async_context(
            served(
                NOTES, postgres_dsn=pair.dsn(), postgres_reads="replica", replica_lag_seconds=LAG_SECONDS, **settings
            )
        )
        session = await held.enter_async_context(aiohttp.ClientSession())
        made = World(pair, service, session)
        await made.until(lambda answer: answer.is_replicas)
        yield made


@pytest.fixture(scope="module")
async def shared(pair: Pair) -> AsyncIterator[World]:
    async with a_world(pair) as made:
        yield made


@pytest.fixture
async def paused(shared: World) -> AsyncIterator[World]:
    """The replica receives everything and shows none of it."""
    shared.replica.ask("SELECT pg_wal_replay_pause()")
    yield shared
    shared.replica.ask("SELECT pg_wal_replay_resume()")
    await shared.until(lambda answer: answer.is_replicas)


async def test_a_replica_answers_and_says_how_old_its_answer_may_be(shared: World) -> None:
    answer = await shared.ask("GET", "/notes")

    assert (answer.came_from, answer.headers["Age"]) == ("postgres-replica; hit; ttl=1", "0")


async def test_a_caller_reads_its_own_writes_from_a_replica(shared: World) -> None:
    for number in range(100):
        written = await shared.write(f"mine {number}")

        read = await shared.ask("GET", f"/notes?text=mine {number}", **after(written))

        assert read.texts == [f"mine {number}"]
    assert ReplicaRead(result="replica") in shared.service.events.of(ReplicaRead)


async def test_what_a_replica_has_not_replayed_is_read_from_the_primary(paused: World) -> None:
    written = await paused.write("not there yet")

    asked_for = await paused.ask("GET", "/notes?text=not there yet", **after(written))
    unasked_for = await paused.ask("GET", "/notes?text=not there yet")

    assert (asked_for.texts, asked_for.came_from) == (["not there yet"], "postgres-replica; fwd=stale; detail=behind")
    assert (unasked_for.texts, unasked_for.is_replicas) == ([], True)


async def test_a_record_a_replica_does_not_have_is_looked_for_on_the_primary(paused: World) -> None:
    written = await paused.write("just made")

    read = await paused.ask("GET", written.headers["Location"])
    unknown = await paused.ask("GET", "/notes/00000000-0000-7000-8000-000000000000")

    assert (read.status, read.came_from) == (200, "postgres-replica; fwd=request")
    assert unknown.status == 404


@pytest.mark.parametrize("headers", [{"Cache_Control": "no-cache"}, {"Cache_Control": "max-age=0"}])
async def test_whoever_wants_it_fresh_asks_the_primary(paused: World, headers: Mapping[str, str]) -> None:
    await paused.write(f"fresh for {headers}")

    read = await paused.ask("GET", "/notes?sort=-id&limit=1", **headers)

    assert (read.texts, read.came_from) == ([f"fresh for {headers}"], "postgres-replica; fwd=request")


async def test_a_condition_is_judged_by_the_primary(paused: World) -> None:
    written = await paused.write("one")
    changed = await paused.ask("PATCH", written.headers["Location"], {"text": "two"})

    read = await paused.ask("GET", written.headers["Location"], If_Match=changed.headers["Etag"])

    assert (read.status, read.body["text"]) == (200, "two")


async def test_a_refusal_tells_what_to_read_after_too(paused: World) -> None:
    written = await paused.write("one")
    await paused.ask("PATCH", written.headers["Location"], {"text": "two"})

    refused = await paused.ask("PATCH", written.headers["Location"], {"text": "3"}, If_Match=written.headers["Etag"])
    read = await paused.ask("GET", f"{written.headers['Location']}?fields=text", **after(refused))

    assert (refused.status, read.body) == (412, {"text": "two"})


async def test_a_replica_that_is_too_old_is_not_read_from_until_it_has_come_up(shared: World) -> None:
    shared.replica.ask("SELECT pg_wal_replay_pause()")
    await shared.write("late")

    late = await shared.until(lambda answer: not answer.is_replicas)
    shared.replica.ask("SELECT pg_wal_replay_resume()")
    again = await shared.until(lambda answer: answer.is_replicas)

    assert (late.status, late.came_from) == (200, "postgres-replica; fwd=stale; detail=late")
    assert again.texts == late.texts


async def test_a_replica_that_hangs_fails_no_read(shared: World) -> None:
    shared.replica.freeze()
    try:
        answers = [await shared.ask("GET", "/notes")]
        while "away" not in answers[-1].came_from:
            answers.append(await shared.ask("GET", "/notes"))
    finally:
        shared.replica.thaw()

    assert {answer.status for answer in answers} == {200}
    assert (await shared.until(lambda answer: answer.is_replicas)).status == 200


@pytest.mark.parametrize("token", ["", "x", "1-", "1-ffffffffffffffffff", "-1-1", "1-1,"])
async def test_what_is_no_position_is_refused(shared: World, token: str) -> None:
    refused = await shared.ask("GET", "/notes", Mainstay_Read_After=token)

    assert refused.status == 400
    assert refused.body["errors"][0]["code"] == "read_after_invalid"


async def test_the_document_tells_of_the_header(shared: World) -> None:
    document = (await shared.ask("GET", "/openapi.json")).body

    named = {"$ref": "#/components/parameters/Mainstay-Read-After"}
    assert named in document["paths"]["/notes"]["get"]["parameters"]
    assert named in document["paths"]["/notes/{id}"]["get"]["parameters"]
    assert "Mainstay-Read-After" in document["paths"]["/notes"]["post"]["responses"]["201"]["headers"]


async def test_while_the_primary_is_away_an_older_answer_is_better_than_none(data_dir: Path) -> None:
    async with replicated_postgres(data_dir) as pair, a_world(pair, replica_stale_seconds=600) as world:
        written = await world.write("kept")
        await world.until(lambda answer: answer.texts == ["kept"] and answer.is_replicas)
        await pair.first.kill()

        stale = await world.until(lambda answer: "stale-if-error" in answer.came_from)
        unsure = await world.ask("GET", "/notes", Mainstay_Read_After="1-ffffffffffff")

        assert (stale.texts, stale.status) == (["kept"], 200)
        assert int(stale.headers["Age"]) >= LAG_SECONDS
        assert (await world.ask("GET", "/notes", **after(written))).texts == ["kept"]
        assert unsure.status == 503


async def test_a_replica_that_was_promoted_is_the_primary_and_nothing_is_read_from_the_old_one(data_dir: Path) -> None:
    async with replicated_postgres(data_dir) as pair, a_world(pair) as world:
        await world.write("before")
        await pair.first.kill()
        await pair.second.promote()
        await until_told(world.takes_writes)
        await pair.first.start(synchronous_standby_names="")  # believes that it is the primary, as it was
        await world.until(lambda answer: answer.status == 200 and not answer.is_replicas)

        written = await world.write("later")
        read = await world.ask("GET", "/notes?sort=text", **after(written))

        assert (read.texts, read.is_replicas) == (["after", "before", "later"], False)
        assert written.headers["Mainstay-Read-After"].startswith("2-")


def after(written: Answer) -> dict[str, str]:
    """What shows this write."""
    return {"Mainstay_Read_After": written.headers["Mainstay-Read-After"]}

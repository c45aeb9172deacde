"""Several workers on one machine: whoever calls notices of none that one dies, is replaced or cannot be."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.crew import WORKED, Crew, crewed, document, versions
from tests.acceptance.open_loop import NO_ANSWER, Seen, statuses
from tests.integration.processes import until
from tests.integration.sql import run_sql


@pytest.fixture(scope="module")
async def crew(
    fast_folder: Path, tmp_path_factory: pytest.TempPathFactory, embedded: Endpoints, postgres_dsn: str
) -> AsyncIterator[Crew]:
    """One for all tests here, each of which leaves two workers that answer."""
    name = f"test_{uuid4().hex}"
    await run_sql(postgres_dsn, f"CREATE DATABASE {name} OWNER mainstay")
    given = {"POSTGRES_DSN": str(make_dsn(embedded.postgres_dsn, dbname=name)), "REDIS_URL": embedded.redis_url}
    async with crewed(fast_folder / name[:12], tmp_path_factory.mktemp("crew"), **given) as crew:
        yield crew
    await run_sql(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


def cut_off(seen: Sequence[Seen]) -> list[Seen]:
    """Those without an answer."""
    return [one for one in seen if one.status == NO_ANSWER]


async def test_each_worker_has_probes_and_metrics_at_a_port_of_its_own_and_tells_prometheus_of_all(crew: Crew) -> None:
    (listed,) = await document(f"{crew.running.admin_url}/targets")
    ready = [await document(f"http://{target}/readyz") for target in listed["targets"]]
    others = [await document(f"http://{target}/targets") for target in listed["targets"]]

    assert len(set(listed["targets"])) == len(crew.workers) == 2
    assert [one["ready"] for one in ready] == [True, True]
    assert others == [[listed], [listed]]


async def test_who_had_a_request_under_way_at_a_worker_that_is_killed_is_cut_off_and_nobody_else(crew: Crew) -> None:
    load = crew.load()
    loading = asyncio.create_task(load(4.0))
    began = asyncio.get_running_loop().time()
    await load.has_asked_for(1.0)
    before = crew.workers
    os.kill(min(before), signal.SIGKILL)
    killed_seconds = asyncio.get_running_loop().time() - began
    seen = await loading
    await until(lambda: len(crew.workers) == 2)

    assert statuses(seen) <= {200, NO_ANSWER}
    for one in cut_off(seen):
        assert one.asked_seconds <= killed_seconds + 0.1
        assert one.asked_seconds + one.took_seconds >= killed_seconds - 0.1
    assert len(crew.workers - before) == 1
    told = crew.log("worker_ended")[-1]
    assert ('"process.exit.code":-9' in told, '"service.name":"worked"' in told) == (True, True)


async def test_a_reload_replaces_every_worker_by_one_with_the_new_file_and_no_caller_notices(crew: Crew) -> None:
    load = crew.load()
    loading = asyncio.create_task(load(10.0))
    await load.has_asked_for(0.5)
    before = crew.workers
    crew.file.write_text(WORKED.read_text().replace('"1.0.0"', '"2.0.0"'))

    said = await crew.reload()
    during = await versions(crew)
    seen = await loading

    assert statuses(seen) == {200}, crew.log("shedding_changed")
    assert "all 2 workers are replaced" in said
    assert during == {"2.0.0"}
    assert not crew.workers & before


async def test_a_reload_of_a_broken_file_changes_nothing_and_says_what_is_wrong_with_it(crew: Crew) -> None:
    before, declared = (crew.workers, await versions(crew)), crew.file.read_text()
    crew.file.write_text(declared.replace("read_limit=None", "raed_limit=None"))

    said = await crew.reload()
    crew.file.write_text(declared)

    assert "nothing is replaced, all 2 workers go on" in said
    assert "raed_limit" in said
    assert "read_limit" in said
    assert (crew.workers, await versions(crew)) == before

"""The service is told to stop while it is busy: whoever was told that a write is done finds it done."""

import asyncio
from pathlib import Path

import pytest

from storage.embedded import Endpoints
from tests.acceptance.open_loop import NO_ANSWER, OpenLoop, statuses
from tests.acceptance.service_process import service
from tests.integration.sql import ask

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
SKUS = "SELECT coalesce(string_agg(sku, ' '), '') FROM product"


@pytest.mark.parametrize("keeps_connections", [True, False], ids=["kept connections", "a connection each"])
async def test_a_stop_under_load_loses_no_write_that_was_acknowledged_and_does_none_that_was_not(
    data_dir: Path, database: str, embedded: Endpoints, keeps_connections: bool
) -> None:
    given = {"POSTGRES_DSN": database, "REDIS_URL": embedded.redis_url, "MIGRATE": "safe"}
    async with service(QUICKSTART, data_dir, **given) as running:
        load = OpenLoop(
            base_url=running.base_url,
            path="/products",
            per_second=200,
            body={"name": "chair", "price": "9.90"},
            keeps_connections=keeps_connections,
        )
        loading = asyncio.create_task(load(2.0))
        await load.has_asked_for(1.0)
        code = await running.stop()
        seen = await loading
    found = await ask(database, SKUS)

    acknowledged = {f"LOOP-{number}" for number, one in enumerate(seen) if one.status == 201}
    assert (code, statuses(seen)) == (0, {201, NO_ANSWER})
    assert found is not None
    assert acknowledged == set(str(found[0]).split())

"""`mainstay load` as a person runs it: what it says, what it leaves, how it ends."""

import asyncio
import json
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage.embedded import running_postgres
from tests.acceptance.http_pages import api
from tests.acceptance.service_process import PATIENCE_SECONDS, launched, mainstay, service
from tests.integration.processes import working_in
from tests.integration.sql import ask
from tests.source_tree import PROJECT

SERVICE = PROJECT / "examples" / "quickstart" / "service.py"
ROWS = "SELECT count(*)::int FROM product"


def products(folder: Path, count: int, *more: str) -> Path:
    """A folder with a file of so many products, and these lines after them."""
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"sku": f"SKU-{number}", "name": "thing", "price": "1.00"}) for number in range(count)]
    (folder / "product.ndjson").write_text("".join(f"{line}\n" for line in (*lines, *more)))
    return folder


def load(folder: Path, *options: str) -> Sequence[str]:
    return "load", str(SERVICE), str(folder), *options


async def test_it_loads_into_the_embedded_postgres_and_stops_it_again(data_dir: Path, tmp_path: Path) -> None:
    finished = await mainstay(*load(products(tmp_path, 3)), data_dir=data_dir)

    assert (finished.code, finished.errors, working_in(data_dir)) == (0, "", set())
    first, last = finished.output.splitlines()
    assert (first, last.partition(" in ")[0]) == ("  product.ndjson  3 rows", "3 rows of 1 file loaded")
    async with service(SERVICE, data_dir) as running, api(running.base_url) as shop:
        assert await shop.count("/products") == 3


async def test_it_loads_into_a_service_that_runs(data_dir: Path, tmp_path: Path) -> None:
    async with service(SERVICE, data_dir) as running, api(running.base_url) as shop:
        finished = await mainstay(*load(products(tmp_path, 3)), data_dir=data_dir)

        assert (finished.code, await shop.count("/products")) == (0, 3)
        assert finished.errors == f"{data_dir} is in use: loading into the Postgres that runs there.\n"


async def test_bad_lines_are_told_on_standard_error_and_nothing_is_loaded(
    database: str, data_dir: Path, tmp_path: Path
) -> None:
    await mainstay("migrate", str(SERVICE), "--apply", data_dir=data_dir, POSTGRES_DSN=database)
    folder = products(tmp_path, 3, '{"sku": "SKU-1", "name": "again", "price": "1.00"}', '{"sku": "SKU-9"', "{}")

    finished = await mainstay(*load(folder), data_dir=data_dir, POSTGRES_DSN=database)

    assert finished.errors.splitlines() == [
        "product.ndjson:4 /sku: line 2 has SKU-1 already",
        "product.ndjson:5: column 16: unexpected end of data",
        "product.ndjson:6 /sku: Field required",
        "product.ndjson:6 /name: Field required",
        "product.ndjson:6 /price: Field required",
    ]
    assert finished.output.splitlines()[0] == "  product.ndjson  nothing loaded: 3 bad lines"
    assert (finished.code, await ask(database, ROWS)) == (1, (0,))


async def test_good_lines_can_be_loaded_all_the_same(database: str, data_dir: Path, tmp_path: Path) -> None:
    await mainstay("migrate", str(SERVICE), "--apply", data_dir=data_dir, POSTGRES_DSN=database)

    finished = await mainstay(
        *load(products(tmp_path, 3, "{}"), "--skip-bad"), data_dir=data_dir, POSTGRES_DSN=database
    )

    assert finished.output.splitlines()[0] == "  product.ndjson  3 rows, 1 bad line left out"
    assert (finished.code, await ask(database, ROWS)) == (0, (3,))


async def test_a_given_database_is_not_migrated_unasked(database: str, data_dir: Path, tmp_path: Path) -> None:
    finished = await mainstay(*load(products(tmp_path, 3)), data_dir=data_dir, POSTGRES_DSN=database)

    assert finished.code == 1
    assert "mainstay migrate FILE --apply" in finished.errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_load_leaves_nothing(
    number: signal.Signals, database: str, data_dir: Path, tmp_path: Path
) -> None:
    await mainstay("migrate", str(SERVICE), "--apply", data_dir=data_dir, POSTGRES_DSN=database)
    process = await launched(*load(products(tmp_path, 60_000)), data_dir=data_dir, POSTGRES_DSN=database)
    copying = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await ask(database, copying) is None:
            pass

    process.send_signal(number)

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await process.wait() == 130
    assert await ask(database, ROWS) == (0,)


async def test_an_interrupted_load_stops_its_postgres_and_can_be_run_again(data_dir: Path, tmp_path: Path) -> None:
    folder = products(tmp_path, 20_000)
    process = await launched(*load(folder), data_dir=data_dir)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not running_postgres(data_dir):
            await asyncio.to_thread(working_in, data_dir)

    process.send_signal(signal.SIGINT)

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (await process.wait(), working_in(data_dir)) == (130, set())
    again = await mainstay(*load(folder), data_dir=data_dir)
    assert (again.code, again.output.splitlines()[0]) == (0, "  product.ndjson  20,000 rows")


async def test_a_folder_that_does_not_fit_is_refused_before_anything_starts(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "orders.ndjson").write_text("{}")

    finished = await mainstay(*load(tmp_path), data_dir=data_dir)

    assert (finished.code, data_dir.exists()) == (1, False)
    assert finished.errors == (
        f"{tmp_path}/orders.ndjson: no table and no resource is called orders; there could be product.ndjson\n"
    )


async def test_a_file_that_others_may_not_read_is_said_so(database: str, data_dir: Path, tmp_path: Path) -> None:
    await mainstay("migrate", str(SERVICE), "--apply", data_dir=data_dir, POSTGRES_DSN=database)
    (tmp_path / "product.ndjson").mkdir()

    finished = await mainstay(*load(tmp_path), data_dir=data_dir, POSTGRES_DSN=database)

    assert (finished.code, finished.errors) == (1, f"{tmp_path}/product.ndjson: Is a directory\n")

"""The event loop's lag, as a scrape of the real process shows it."""

import re
from pathlib import Path

import aiohttp

from tests.acceptance.service_process import service

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"


async def test_the_lag_of_the_event_loop_is_measured_all_the_time(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running, aiohttp.ClientSession(running.admin_url) as client:
        counts = [await measurements(client)]
        while counts[-1] < counts[0] + 3:
            counts.append(await measurements(client))

    assert counts == sorted(counts)


async def measurements(client: aiohttp.ClientSession) -> int:
    async with client.get("/metrics") as answer:
        found = re.search(r"^asyncio_event_loop_lag_seconds_count (\d+)", await answer.text(), re.MULTILINE)
    assert found is not None
    return int(found[1])

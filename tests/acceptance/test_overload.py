"""Far more requests than one process can answer: what matters is answered, the rest refused in order, nothing grows."""

import os
import re
import time
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.impatient_callers import flood
from tests.acceptance.service_process import ServiceProcess, service
from tests.integration.processes import until

pytestmark = pytest.mark.alone

OVERLOADED = Path(__file__).with_name("overloaded.py")
CALLERS = 400
CRITICAL_REQUESTS = 100
REFUSALS = 400
REFUSALS_A_SECOND, REFUSALS_AT_ONCE = 400, 40
"""Of ShedPolicy: what it allows in a second, and for the time of a hold."""
GROWTH_BYTES_AT_MOST = 60_000_000


async def test_critical_requests_are_all_answered_while_a_flood_of_sheddable_ones_is_refused(data_dir: Path) -> None:
    async with service(OVERLOADED, data_dir) as running, aiohttp.ClientSession(running.base_url) as critical:
        await status_of(critical, "/vital")  # who matters has a connection
        async with flood(port_of(running), "/spare", callers=CALLERS) as seen:
            await until(lambda: seen.refused > 0)
            statuses = [await status_of(critical, "/vital") for _ in range(CRITICAL_REQUESTS)]

    assert statuses == [200] * CRITICAL_REQUESTS
    assert set(seen.statuses) == {200, 503}
    assert seen.refusal["content-type"] == "application/problem+json"
    assert int(seen.refusal["retry-after"]) in range(2, 6)


async def test_a_flood_leaves_the_admin_port_the_memory_and_the_time_after_it_alone(data_dir: Path) -> None:
    async with (
        service(OVERLOADED, data_dir) as running,
        aiohttp.ClientSession(running.base_url) as client,
        aiohttp.ClientSession(running.admin_url) as admin,
    ):
        await status_of(client, "/spare")
        before_bytes, began = resident_bytes(running), time.monotonic()
        async with flood(port_of(running), "/spare", callers=CALLERS) as seen:
            probed = [await status_of(admin, "/readyz")]
            while seen.refused < REFUSALS:
                probed.append(await status_of(admin, "/readyz"))
        lasted_seconds = time.monotonic() - began
        growth_bytes = resident_bytes(running) - before_bytes
        refused = await refused_as_counted(admin)
        after = await status_of(client, "/spare")

    assert set(probed) == {200}
    assert growth_bytes <= GROWTH_BYTES_AT_MOST
    assert seen.refused <= refused <= REFUSALS_AT_ONCE + REFUSALS_A_SECOND * lasted_seconds
    assert after == 200


async def status_of(client: aiohttp.ClientSession, path: str) -> int:
    async with client.get(path) as answer:
        await answer.read()
        return answer.status


async def refused_as_counted(admin: aiohttp.ClientSession) -> int:
    async with admin.get("/metrics") as answer:
        pattern = r'^http_server_requests_rejected_total\{reason="overloaded"\} (\d+)'
        found = re.search(pattern, await answer.text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def port_of(running: ServiceProcess) -> int:
    return int(running.base_url.rsplit(":", 1)[1])


def resident_bytes(running: ServiceProcess) -> int:
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

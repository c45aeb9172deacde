"""The real process with a log that nobody takes: requests are answered all the same, and what is lost is counted."""

import asyncio
import os
import re
from pathlib import Path

import aiohttp
import orjson

from tests.acceptance.service_process import ServiceProcess, service_logging_to
from tests.acceptance.test_private_values import CLINIC, text_of

MORE_THAN_WAITS = 4_000
"""Lines of 600 bytes: more than a pipe and the sink's own memory hold."""


async def test_a_full_disk_costs_lines_and_no_answer(data_dir: Path) -> None:
    async with service_logging_to(Path("/dev/full"), CLINIC, data_dir, LOG_SAMPLE="1") as running:
        statuses = await answers(running, 50)
        dropped = await count_of(running, "log_events_dropped_total")

    assert (statuses, dropped >= 50) == ({404}, True)


async def test_a_reader_that_stands_still_costs_lines_and_no_answer_and_is_told_when_it_goes_on(data_dir: Path) -> None:
    pipe = data_dir.with_name(f"{data_dir.name}.pipe")
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        async with service_logging_to(pipe, CLINIC, data_dir, LOG_SAMPLE="1") as running:
            statuses = await answers(running, MORE_THAN_WAITS)
            dropped = await count_of(running, "log_events_dropped_total")
            lost = await lines_lost(reading, running)
    finally:
        os.close(reading)
        pipe.unlink()

    assert statuses <= {404, 429}  # so many at once may be past the limit
    assert dropped > 0
    assert lost >= dropped


async def answers(running: ServiceProcess, count: int) -> set[int]:
    """Ask so often for what is not there; the statuses."""
    async with aiohttp.ClientSession(running.base_url) as client:

        async def ask(times: int) -> set[int]:
            found = set()
            for _ in range(times):
                async with client.get("/nowhere") as answer:
                    found.add(answer.status)
            return found

        return set().union(*await asyncio.gather(*(ask(count // 10) for _ in range(10))))


async def lines_lost(reading: int, running: ServiceProcess) -> int:
    """Read on until a line says how many were lost."""
    text = b""
    async with asyncio.timeout(20):
        while b'"log_lines_lost"' not in text or not text.endswith(b"\n"):
            try:
                text += os.read(reading, 1 << 16)
            except BlockingIOError:
                await answers(running, 10)
    return sum(int(line["lines"]) for line in map(orjson.loads, text.splitlines()) if line["event"] == "log_lines_lost")


async def count_of(running: ServiceProcess, name: str) -> float:
    """A counter without labels, as the metrics have it."""
    found = re.search(rf"^{name} (\S+)", await text_of(f"{running.admin_url}/metrics"), re.MULTILINE)
    assert found is not None
    return float(found[1])

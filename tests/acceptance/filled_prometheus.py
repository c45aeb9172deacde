"""A real Prometheus that remembers a service nobody ran: ten minutes of every metric, rising, or what it is given."""

import asyncio
import math
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

from telemetry.catalogue import CATALOGUE, Metric
from telemetry.render.scrape_metrics import SCRAPE_METRICS
from tests.artefacts.alert_files import RECORDED
from tests.environment import require
from tests.pictures.asking import Prometheus, Span

MINUTES = Span(start=1_700_000_100.0, end=1_700_000_700.0, scrape_seconds=15.0)
PATIENCE_SECONDS = 30.0
EVERYWHERE = {"job": "shop", "instance": "127.0.0.1:8081"}
ALERTS = Metric(
    name="ALERTS",
    kind="gauge",
    help="As Prometheus makes it.",
    labels=("alertname", "alertstate", "severity", "service"),
)
KNOWN_ONLY_TO_A_SERVICE = {
    "alertname": ("Watchdog",),
    "alertstate": ("firing",),
    "cache": ("products",),
    "db_operation_name": ("read",),
    "db_system_name": ("postgresql", "redis"),
    "dependency": ("postgres", "redis", "payments"),
    "error_type": ("", "timeout"),
    "http_request_method": ("GET",),
    "http_response_status_code": ("200", "404", "503"),
    "http_route": ("/products",),
    "name": ("postgres.reads", "redis"),
    "pool": ("postgres",),
    "severity": ("none",),
    "service": ("shop",),
    "sli": ("availability",),
    "target": ("postgres.reads",),
}
_ADDRESS = re.compile(rb"address=(127\.0\.0\.1:\d+)")


@asynccontextmanager
async def filled_prometheus(folder: Path, samples: Iterable[str] | None = None) -> AsyncIterator[Prometheus]:
    """Fill a Prometheus in a folder with lines of OpenMetrics, start it on a free port, and end it."""
    file = folder / "samples"
    file.write_text("\n".join([*(_samples() if samples is None else samples), "# EOF\n"]))
    # In one block, or a month would be 360 of them.
    command = [require("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=768h"]
    filling = await asyncio.create_subprocess_exec(*command, file, folder / "data", stdout=DEVNULL)
    assert await filling.wait() == 0
    (folder / "prometheus.yml").write_text("{}")
    process = await asyncio.create_subprocess_exec(
        require("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        "--web.listen-address=127.0.0.1:0",
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            address = await _address(process.stderr)
        yield Prometheus(url=f"http://{address}")
    finally:
        process.kill()
        await process.wait()


async def _address(told: asyncio.StreamReader) -> str:
    address = ""
    async for line in told:
        found = _ADDRESS.search(line)
        address = found[1].decode() if found else address
        if b"Server is ready to receive web requests" in line:
            return address
    raise RuntimeError("Prometheus ended before it was ready")


def _samples() -> Iterator[str]:
    for name in RECORDED:
        yield from _series(name, {"job": "shop", "sli": "availability"}, slope=0)
    for metric in (*CATALOGUE, *SCRAPE_METRICS, ALERTS):
        for labels in _label_sets(metric):
            if metric.kind == "histogram":
                for number, bound in enumerate((*metric.buckets, math.inf), start=1):
                    yield from _series(f"{metric.name}_bucket", {**labels, "le": _bound(bound)}, slope=number)
                yield from _series(f"{metric.name}_count", labels, slope=len(metric.buckets) + 1)
                yield from _series(f"{metric.name}_sum", labels, slope=1)
            else:
                yield from _series(metric.name, labels, slope=1 if metric.kind == "counter" else 0)


def _label_sets(metric: Metric) -> Iterator[Mapping[str, str]]:
    words = [metric.words.get(label) or KNOWN_ONLY_TO_A_SERVICE.get(label, ("any",)) for label in metric.labels]
    for values in product(*words):
        yield {**EVERYWHERE, **dict(zip(metric.labels, values, strict=True))}


def _bound(bound: float) -> str:
    return "+Inf" if bound == math.inf else f"{bound:g}"


def _series(name: str, labels: Mapping[str, str], *, slope: int) -> Iterator[str]:
    told = ",".join(f'{label}="{value}"' for label, value in labels.items())
    for number in range(41):
        yield f"{name}{{{told}}} {0.5 + slope * number} {MINUTES.start + 15 * number:.0f}"

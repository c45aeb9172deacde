"""A real Alertmanager with the configuration that is rendered, time sixty times as fast, and whom it tells."""

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from telemetry.render.alertmanager_config import alertmanager_text
from telemetry.render.rendition import Links, Rendition
from telemetry.render.scale import Scale
from tests.environment import require

PATIENCE_SECONDS = 30.0
TOKEN = "what-webhooks-are-called-with"  # noqa: S105 - of this test's own server
_ADDRESS = re.compile(rb"address=(127\.0\.0\.1:\d+)")

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a webhook was told: the receiver, who said so, and the labels of each alert."""

    receiver: str
    authorization: str
    alerts: Sequence[Labels]

    @property
    def names(self) -> set[str]:
        return {labels["alertname"] for labels in self.alerts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertmanager:
    """Takes alerts, and has `told` of them."""

    url: str
    told: "asyncio.Queue[Notification]"

    async def take(self, *alerts: Labels) -> None:
        body = [{"labels": {"service": "shop", "environment": "production", **labels}} for labels in alerts]
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/api/v2/alerts", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def silenced(self) -> set[str]:
        """The names of the alerts another one silences."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/api/v2/alerts") as answer:
            return {one["labels"]["alertname"] for one in await answer.json() if one["status"]["inhibitedBy"]}

    async def notified(self, receiver: str) -> Notification:
        """The next notification of a receiver."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                told = await self.told.get()
                if told.receiver == receiver:
                    return told


@asynccontextmanager
async def running_alertmanager(folder: Path) -> AsyncIterator[Alertmanager]:
    """Start it on a free port, with a server for its webhooks; end both."""
    told: asyncio.Queue[Notification] = asyncio.Queue()
    async with _webhooks(told) as webhooks:
        config = folder / "alertmanager.yml"
        rendition = Rendition(job="shop", source="service.py", links=Links(webhooks=webhooks), scale=Scale(factor=60))
        config.write_text(alertmanager_text(rendition))
        (folder / "secrets").mkdir()
        (folder / "secrets" / "webhook-token").write_text(TOKEN)
        process = await asyncio.create_subprocess_exec(
            require("prometheus-alertmanager"),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
            stdout=DEVNULL,
            stderr=PIPE,
        )
        try:
            assert process.stderr is not None
            async with asyncio.timeout(PATIENCE_SECONDS):
                address = await _address(process.stderr)
            yield Alertmanager(url=f"http://{address}", told=told)
        finally:
            process.kill()
            await process.wait()


async def _address(log: asyncio.StreamReader) -> str:
    async for line in log:
        found = _ADDRESS.search(line)
        if found:
            return found[1].decode()
    raise AssertionError("Alertmanager ended before it listened")


@asynccontextmanager
async def _webhooks(told: "asyncio.Queue[Notification]") -> AsyncIterator[str]:
    async def hear(request: web.Request) -> web.Response:
        body = await request.json()
        told.put_nowait(
            Notification(
                receiver=request.match_info["receiver"],
                authorization=request.headers.get("Authorization", ""),
                alerts=[alert["labels"] for alert in body["alerts"]],
            )
        )
        return web.Response()

    app = web.Application()
    app.router.add_post("/{receiver}", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()

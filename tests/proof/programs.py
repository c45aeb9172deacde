"""Prometheus and Alertmanager, run on loopback from a folder, and the webhook they tell."""

import asyncio
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from tests.environment import require
from tests.ports import free_port
from tests.proof.alert_names import name_of

READY_SECONDS = 30.0
SCRAPE = "500ms"
PATIENT_SCRAPE = "1500ms"
"""Where a scrape may take longer than a second: its timeout is its interval at most."""


@dataclass(slots=True)
class Webhook:
    """What arrived at the receiver: when each alert of a job first did, since it was forgotten last."""

    port: int = 0
    arrived: dict[tuple[str, str], float] = field(default_factory=dict)
    resolved: dict[tuple[str, str], float] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        """Take a notification of Alertmanager's."""
        for alert in (await request.json())["alerts"]:
            key = (alert["labels"].get("service", ""), name_of(alert["labels"]))
            (self.arrived if alert["status"] == "firing" else self.resolved).setdefault(key, time.monotonic())
        return web.Response()

    def forget(self, job: str, alert: str) -> None:
        """Wait for it anew."""
        self.arrived.pop((job, alert), None)
        self.resolved.pop((job, alert), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchers:
    """The running programs."""

    prometheus: str
    webhook: Webhook


@asynccontextmanager
async def watchers(folder: Path, *, jobs: Mapping[str, str], rules: Mapping[str, str]) -> AsyncIterator[Watchers]:
    """Run both over rule files, until left; `jobs` are scrape intervals by job, whose targets are `folder`/JOB.json."""
    webhook = Webhook()
    async with AsyncExitStack() as held:
        await held.enter_async_context(_listening(webhook))
        ports = free_port(), free_port()
        for name, text in rules.items():
            (folder / name).write_text(text)
        (folder / "prometheus.yml").write_text(yaml.safe_dump(_prometheus(folder, jobs, alertmanager_port=ports[1])))
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(_alertmanager(webhook)))
        await held.enter_async_context(
            _running(
                require("prometheus-alertmanager"),
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alertmanager'}",
                "--cluster.listen-address=",
                f"--web.listen-address=127.0.0.1:{ports[1]}",
                folder=folder,
                port=ports[1],
            )
        )
        await held.enter_async_context(
            _running(
                require("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                "--rules.alert.resend-delay=2s",
                "--enable-feature=exemplar-storage",
                f"--web.listen-address=127.0.0.1:{ports[0]}",
                folder=folder,
                port=ports[0],
            )
        )
        yield Watchers(prometheus=f"http://127.0.0.1:{ports[0]}", webhook=webhook)


def _prometheus(folder: Path, jobs: Mapping[str, str], *, alertmanager_port: int) -> dict[str, Any]:
    return {
        "global": {"evaluation_interval": SCRAPE},
        "rule_files": [str(folder / "*.yaml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}]},
        "scrape_configs": [
            {
                "job_name": job,
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "file_sd_configs": [{"files": [str(folder / f"{job}.json")], "refresh_interval": "1s"}],
            }
            for job, interval in jobs.items()
        ],
    }


def _alertmanager(webhook: Webhook) -> dict[str, Any]:
    return {
        "route": {
            "receiver": "webhook",
            "group_by": ["service", "alertname"],
            "group_wait": "100ms",
            "group_interval": "500ms",
        },
        "receivers": [
            {
                "name": "webhook",
                "webhook_configs": [{"url": f"http://127.0.0.1:{webhook.port}/", "send_resolved": True}],
            }
        ],
    }


@asynccontextmanager
async def _listening(webhook: Webhook) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/", webhook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    webhook.port = runner.addresses[0][1]
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _running(*command: str, folder: Path, port: int) -> AsyncIterator[None]:
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=output, stderr=output)
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while not await _answers(session, f"http://127.0.0.1:{port}/-/ready"):
                if process.returncode is not None:
                    raise RuntimeError(log.read_text())
                await asyncio.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(url) as answer:
            return answer.status == 200
    return False

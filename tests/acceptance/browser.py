"""A headless Chromium, driven over its DevTools protocol, that keeps all a page asked for and complained of."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse

from tests.environment import require

PATIENCE_SECONDS = 60.0
_ANNOUNCEMENT = b"DevTools listening on "
_DOMAINS = ("Page", "Runtime", "Log", "Network", "Audits")


@dataclass(slots=True)
class Page:
    """One tab: `requests` are the addresses it asked for, `complaints` all errors and violations it told of."""

    socket: ClientWebSocketResponse
    session_id: str = ""
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)

    async def call(self, method: str, **parameters: object) -> Any:
        """One command of the protocol and its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        session = {"sessionId": self.session_id} if self.session_id else {}
        await self.socket.send_json({"id": number, "method": method, "params": parameters, **session})
        async with asyncio.timeout(PATIENCE_SECONDS):
            told = await answer
        assert "error" not in told, told["error"]
        return told["result"]

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, what it resolves to."""
        result = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def wait_until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true, looking once a frame."""
        look = f"const look = () => ({condition}) ? done() : requestAnimationFrame(look)"
        await self.evaluate(f"new Promise(done => {{ {look}; look(); }})")

    async def click(self, selector: str) -> None:
        """Click the first element a CSS selector finds, as soon as there is one."""
        await self.wait_until(f"document.querySelector({selector!r})")
        await self.evaluate(f"document.querySelector({selector!r}).click()")

    async def complaint(self) -> str:
        """The first complaint, made already or to come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.complaints:
                await self.evaluate("new Promise(requestAnimationFrame)")
        return self.complaints[0]

    async def listen(self) -> None:
        """Hand out answers and keep what is told, until the socket closes."""
        async for message in self.socket:
            told = message.json()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told["method"], told["params"])

    def _note(self, method: str, told: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "assert"):
                self.complaints.append(str(told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.complaints.append(told["entry"]["text"])
            case "Audits.issueAdded" if told["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.complaints.append(str(told["issue"]["details"]))


@asynccontextmanager
async def open_page(url: str, profile: Path) -> AsyncIterator[Page]:
    """Start a Chromium whose profile is an empty folder, open one tab at `url`, and end it all afterwards."""
    process, address = await _start(profile)
    try:
        async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            target = await page.call("Target.createTarget", url="about:blank")
            attached = await page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            page.session_id = attached["sessionId"]
            for domain in _DOMAINS:
                await page.call(f"{domain}.enable")
            await page.call("Page.navigate", url=url)
            yield page
            page.session_id = ""
            await page.call("Browser.close")
            await listening
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _start(profile: Path) -> tuple[Process, str]:
    unprivileged = () if os.geteuid() else ("--no-sandbox",)
    process = await asyncio.create_subprocess_exec(
        require("chromium"),
        "--headless",
        "--disable-gpu",
        "--window-size=1300,2400",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        *unprivileged,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for line in process.stderr:
            if line.startswith(_ANNOUNCEMENT):
                return process, line.removeprefix(_ANNOUNCEMENT).decode().strip()
    raise RuntimeError("Chromium ended before it listened")

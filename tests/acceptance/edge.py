"""nginx with the file that is shipped, on loopback, in front of a service or a balancer."""

import asyncio
import os
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from getpass import getuser
from pathlib import Path

import aiohttp
from multidict import CIMultiDictProxy

from tests.environment import require
from tests.integration.processes import until
from tests.ports import free_port
from tests.source_tree import PROJECT

TEMPLATE = PROJECT / "deploy" / "nginx" / "edge.conf.template"
NAMES = ("EDGE_LISTEN", "EDGE_UPSTREAM", "EDGE_FOLDER", "EDGE_DOCS", "EDGE_MEBIBYTES")


def edge_configuration(folder: Path, variables: Mapping[str, str]) -> Path:
    """The file, with the variables in their places."""
    command = [require("envsubst"), " ".join(f"${name}" for name in NAMES)]
    environment = os.environ | variables
    filled = subprocess.run(
        command, input=TEMPLATE.read_text(), env=environment, capture_output=True, text=True, check=True
    )
    configuration = folder / "edge.conf"
    configuration.write_text(filled.stdout)
    return configuration


@asynccontextmanager
async def edge(folder: Path, upstream: str) -> AsyncIterator[str]:
    """Run it in front of `upstream`, `host:port`, from an empty folder until left; its URL."""
    listen = f"127.0.0.1:{free_port()}"
    docs = str(PROJECT / "server" / "docs_page")
    values = (listen, upstream, str(folder), docs, "16")
    configuration = edge_configuration(folder, dict(zip(NAMES, values, strict=True)))
    log = folder / "edge.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            require("nginx"),
            *("-c", str(configuration), "-g", f"user {getuser()};"),  # else not root's, whose folders these may be
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        await until(lambda: process.returncode is not None or (folder / "nginx.pid").is_file())
        assert process.returncode is None, log.read_text()
        yield f"http://{listen}"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


class Asking:
    """A caller of the edge, who asks as a test says and remembers nothing."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __call__(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, CIMultiDictProxy[str], str]:
        """The status, the headers and the text of the answer; `headers` with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, path, json=body, headers=sent) as answer:
            return answer.status, answer.headers, await answer.text()

"""The shop's payments sandbox, as a process of its own, and the command with which `make run` starts both."""

import re
import subprocess
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.acceptance.http_pages import Api, api
from tests.source_tree import PROJECT

SHOP = PROJECT / "examples" / "shop"
PROGRAM = SHOP / "payments_sandbox.py"


@asynccontextmanager
async def sandbox(*arguments: str) -> AsyncIterator[tuple[Api, str, Process]]:
    """Run it on a free port until left: how to call it, its address, its process."""
    process = await create_subprocess_exec(sys.executable, str(PROGRAM), "--port", "0", *arguments, stdout=PIPE)
    assert process.stdout is not None
    try:
        told = re.search(r"http://\S+", (await process.stdout.readline()).decode())
        assert told is not None
        async with api(told[0]) as payments:
            yield payments, told[0], process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def command_of_make_run(**variables: str) -> str:
    """The line with which `make run` starts the shop, with the programs of this environment."""
    told = [f"{name}={value}" for name, value in variables.items()]
    dry = subprocess.run(["make", "-n", "run", *told], cwd=PROJECT, capture_output=True, text=True, check=True)
    (line,) = [line for line in dry.stdout.splitlines() if "mainstay serve" in line]
    return line.replace(".venv/bin/", f"{Path(sys.executable).parent}/")

"""The real `mainstay serve`, on free ports and over servers of its own."""

import asyncio
import os
import shutil
import sys
import tempfile
from asyncio import StreamReader
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.environment import lack

COMMAND = Path(sys.executable).with_name("mainstay")
PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def serving(file: Path, **settings: str) -> AsyncIterator[str]:
    """Serve FILE and give the API's address; `settings` are MAINSTAY_ variables without their prefix."""
    if not COMMAND.exists():
        lack("this needs the mainstay command: pip install -e .")
    # Sockets live in the data folder, and a socket's path has at most 107 bytes: pytest's own folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="mainstay-"))
    told = {"PORT": "0", "ADMIN_PORT": "0", "DATA_DIR": str(folder / "data"), **settings}
    environment = os.environ | {f"MAINSTAY_{name}": value for name, value in told.items()}
    log = folder / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            COMMAND, "serve", file, stdout=PIPE, stderr=errors, env=environment
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            address = await _address(process.stdout)
        assert address, log.read_text()
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        shutil.rmtree(folder)


async def _address(banner: StreamReader) -> str:
    async for line in banner:
        name, _, address = line.decode().strip().partition(" ")
        if name == "API":
            return address.strip()
    return ""

"""A process of its own that runs embedded storage until its standard input closes, for tests that kill it.

python -m tests.integration.embedded_program DATA_DIR [uvloop]

It prints each event as it comes: the event's name, the program, the pid (0 for an exit).
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from storage.embedded import EmbeddedStorage
from telemetry.events import EmbeddedExited, EmbeddedStarted, Event


def show(event: Event) -> None:
    match event:
        case EmbeddedStarted(program=program, pid=pid):
            print("started", program, pid, flush=True)  # noqa: T201 - this is how it talks to the test
        case EmbeddedExited(program=program):
            print("exited", program, 0, flush=True)  # noqa: T201 - likewise
        case _:
            raise TypeError(event)


async def run(data_dir: Path) -> None:
    async with EmbeddedStorage(data_dir, observe=show):
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    if "uvloop" in sys.argv:
        uvloop.run(run(Path(sys.argv[1])))
    else:
        asyncio.run(run(Path(sys.argv[1])))

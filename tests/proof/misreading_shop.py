"""The shop with doors, served as `mainstay serve` does, but for a reader of its events that has a bug."""

import asyncio
from pathlib import Path

from server.commands.serving import prepared
from server.lifecycle import started
from server.parts import Told
from server.readers import telemetry_for
from telemetry.events import Event, RequestFinished

DOORS = Path(__file__).with_name("shop_with_doors.py")


def misread(event: Event) -> None:
    """Fail at every request."""
    match event:
        case RequestFinished():
            raise LookupError("a bug of a reader")


async def serve() -> None:
    """Serve until killed."""
    found = prepared(DOORS)
    settings = found.settings
    telemetry = telemetry_for(found.declaration, settings, also=[misread])
    told = Told(settings=settings, destinations=found.destinations)
    async with started(found.declaration, told, telemetry=telemetry):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())

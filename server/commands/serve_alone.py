"""`mainstay serve FILE` in one process, without a supervisor."""

from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from server.commands.reporting import reported
from server.commands.seeding import seed_from
from server.commands.serving import prepared, ready_as, why_not_served
from server.lifecycle import serve
from server.parts import Running, Told
from server.workers.messages import Ready


def run_alone(file: Path, *, seed: Path | None, announce: Callable[[Sequence[Ready]], None]) -> int:
    """Serve FILE until told to stop; the exit status."""

    def serve_file() -> None:
        found = prepared(file)
        declaration, settings = found.declaration, found.settings

        def tell(running: Running) -> None:
            announce([ready_as(declaration.service, running)])

        filled = None if seed is None else seed_from(seed, declaration, settings=settings)
        told = Told(settings=settings, destinations=found.destinations)
        uvloop.run(serve(declaration, told, announce=tell, seed=filled))

    return reported(serve_file, complain=why_not_served)

"""`mainstay check FILE`: all that is wrong with a declaration, or what it declares."""

import sys
from pathlib import Path

from server.commands.reporting import reported
from server.service_file import checked_file


def run_check(file: Path) -> int:
    """Check FILE; the exit status."""
    return reported(lambda: _check(file))


def _check(file: Path) -> None:
    service = checked_file(file).service
    parts = {"resource": service.resources, "route": service.routes, "upstream": service.upstreams}
    counts = ", ".join(f"{len(some)} {word}{'' if len(some) == 1 else 's'}" for word, some in parts.items() if some)
    sys.stdout.write(f"{file}: {service.name} {service.version} is well declared ({counts})\n")

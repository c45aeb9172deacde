"""`mainstay check FILE`: all that is wrong with a declaration, or what it declares."""

import sys
from pathlib import Path

from server.commands.reporting import reported
from server.declaration import described
from server.service_file import load_service


def run_check(file: Path) -> int:
    """Check FILE; the exit status."""
    return reported(lambda: _check(file))


def _check(file: Path) -> None:
    service = load_service(file)
    described(service)
    counts = f"{len(service.resources)} resources, {len(service.routes)} routes, {len(service.upstreams)} upstreams"
    sys.stdout.write(f"{file}: {service.name} {service.version} is well declared ({counts})\n")

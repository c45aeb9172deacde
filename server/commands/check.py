"""`mainstay check FILE`: all that is wrong with a declaration, or what it declares."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from server.commands.reporting import reported
from server.declared_slis import slis_of
from server.service_file import checked_file


def run_check(file: Path) -> int:
    """Check FILE; the exit status."""
    return reported(lambda: _check(file))


def _check(file: Path) -> None:
    declaration = checked_file(file)
    service = declaration.service
    parts: Mapping[str, Sequence[object]] = {
        "resource": service.resources,
        "route": service.routes,
        "upstream": service.upstreams,
        "objective": slis_of(service, declaration.types),
    }
    counts = ", ".join(f"{len(some)} {word}{'' if len(some) == 1 else 's'}" for word, some in parts.items() if some)
    sys.stdout.write(f"{file}: {service.name} {service.version} is well declared ({counts})\n")

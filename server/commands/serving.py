"""What serving a file takes before there is a loop, by one process or by several workers, and why it cannot be."""

import os
from dataclasses import dataclass
from pathlib import Path

from middleware.errors import Problem
from server.commands.reporting import FAILED, Complaint, complaint_of
from server.declaration import Declaration
from server.loading.data_files import FolderUnfit
from server.parts import Running, StartFailed
from server.service import Service
from server.service_file import checked_file
from server.settings import Settings, read_settings
from server.upstreams.destination import Destinations, read_destinations
from server.workers.messages import Ready
from storage.bulk.bulk_session import LoadFailed
from storage.embedded import EmbeddedFailed
from storage.migrations.stopped import MigrationStopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a file declares and what the environment says, all of it in order."""

    declaration: Declaration
    settings: Settings
    destinations: Destinations


def prepared(file: Path) -> Prepared:
    """Read FILE and the environment; raises Misdeclared and SettingsWrong with all that is wrong."""
    declaration = checked_file(file)
    destinations, wrong = read_destinations(declaration.service.upstreams, os.environ)
    return Prepared(declaration=declaration, settings=read_settings(also_wrong=wrong), destinations=destinations)


def why_not_served(error: Exception) -> Complaint | None:
    """What to tell a person; None for what nobody has foreseen."""
    match error:
        case StartFailed() | EmbeddedFailed() | MigrationStopped() | FolderUnfit() | LoadFailed():
            said = str(error) or (type(error).__doc__ or "").split("\n", 1)[0]
            return Complaint(lines=[said], status=FAILED)
        case Problem():
            cause = [f"  {error.__cause__}"] if error.__cause__ else []
            return Complaint(lines=[f"Cannot start: {error.detail}", *cause], status=FAILED)
        case _:
            return complaint_of(error)


def ready_as(service: Service, running: Running) -> Ready:
    """What to tell of a process that answers, with a list worth trying, or the index where there is none."""
    listed = next((resource.path for resource in service.resources if resource.access_to("list")), "/")
    return Ready(
        service=service.name, version=service.version, url=running.url, admin_url=running.admin_url, listed=listed
    )

"""`mainstay serve FILE`: a declared service, running."""

import os
import sys
import time
from pathlib import Path

import uvloop

from middleware.errors import Problem
from server.commands.reporting import FAILED, reported, tell
from server.commands.seeding import seed_from
from server.core_dumps import forbid_core_dumps
from server.lifecycle import serve
from server.loading.data_files import FolderUnfit
from server.parts import Running, StartFailed, Told
from server.service import Service
from server.service_file import checked_file
from server.settings import read_settings
from server.upstreams.destination import read_destinations
from storage.bulk.bulk_session import LoadFailed
from storage.embedded import EmbeddedFailed
from storage.migrations.stopped import MigrationStopped


def run_serve(file: Path, *, seed: Path | None) -> int:
    """Serve FILE until told to stop; the exit status."""
    try:
        return reported(lambda: _serve(file, seed))
    except (StartFailed, EmbeddedFailed, MigrationStopped, FolderUnfit, LoadFailed) as error:
        tell(str(error) or (type(error).__doc__ or "").split("\n", 1)[0])
    except Problem as problem:
        tell(f"Cannot start: {problem.detail}", *([f"  {problem.__cause__}"] if problem.__cause__ else []))
    return FAILED


def _serve(file: Path, seed: Path | None) -> None:
    started_seconds = time.monotonic()
    forbid_core_dumps()
    declaration = checked_file(file)
    service = declaration.service
    destinations, wrong = read_destinations(service.upstreams, os.environ)
    settings = read_settings(also_wrong=wrong)
    told = Told(settings=settings, destinations=destinations)

    def announce(running: Running) -> None:
        sys.stdout.write(_banner(service, running, seconds=time.monotonic() - started_seconds))
        sys.stdout.flush()

    filled = None if seed is None else seed_from(seed, declaration, settings=settings)
    uvloop.run(serve(declaration, told, announce=announce, seed=filled))


def _banner(service: Service, running: Running, *, seconds: float) -> str:
    listed = next((resource.path for resource in service.resources if resource.access_to("list")), "/")
    return f"""
{service.name} {service.version} is up after {seconds:.1f} s

  API    {running.url}
  docs   {running.url}/docs
  admin  {running.admin_url}  (/livez /readyz /startupz /metrics)

  try    curl -s '{running.url}{listed}?limit=2'

Ctrl-C stops it and everything it started.
"""

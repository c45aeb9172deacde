"""`mainstay serve FILE`: the service, running, in one process or under a supervisor in several."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from server.commands.reporting import FAILED, reported, tell
from server.core_dumps import forbid_core_dumps
from server.settings import SettingsWrong, read_settings
from server.start_garbage import settle
from server.workers.messages import Ready
from server.workers.supervise import supervise
from server.workers.worker_process import NotStarted
from server.workers.worker_supervisor import Wanted, WorkersUnfit


def run_serve(file: Path, *, seed: Path | None, workers: int | None = None) -> int:
    """Serve FILE until told to stop, by as many workers as wanted here or in the environment; the exit status."""
    forbid_core_dumps()
    wanted = _wanted(file, seed, workers=workers)
    if wanted is None:
        # A supervisor runs nothing of a service, and need not hold its code in memory.
        from server.commands.serve_alone import run_alone  # noqa: PLC0415 - as said

        return run_alone(file, seed=seed, announce=_announce_since(time.monotonic()))
    settle()
    try:
        return reported(lambda: uvloop.run(supervise(wanted, announce=_announce_since(time.monotonic()))))
    except WorkersUnfit as unfit:
        tell(str(unfit))
    except NotStarted as failed:
        if failed.was_told:
            return failed.code
        tell(f"The service cannot be started: {failed}.")
    return FAILED


def _wanted(file: Path, seed: Path | None, *, workers: int | None) -> Wanted | None:
    """The workers; None for one process, and where settings are wrong, which it tells with all else that is."""
    try:
        settings = read_settings()
    except SettingsWrong:
        return None
    number = workers or settings.workers
    return None if number is None else Wanted(file=file, workers=number, settings=settings, seed=seed)


def _announce_since(started_seconds: float) -> Callable[[Sequence[Ready]], None]:
    def announce(ready: Sequence[Ready]) -> None:
        sys.stdout.write(_banner(ready, since=started_seconds))
        sys.stdout.flush()

    return announce


def _banner(ready: Sequence[Ready], *, since: float) -> str:
    first, seconds = ready[0], time.monotonic() - since
    by = f" with {len(ready)} workers" if len(ready) > 1 else ""
    others = f"; of the others {', '.join(one.admin_url for one in ready[1:])}" if len(ready) > 1 else ""
    return f"""
{first.service} {first.version} is up{by} after {seconds:.1f} s

  API    {first.url}
  docs   {first.url}/docs
  admin  {first.admin_url}  (/livez /readyz /startupz /metrics){others}

  try    curl -s '{first.url}{first.listed}?limit=2'

Ctrl-C stops it and everything it started.
"""

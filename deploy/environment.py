"""Makes or mends the virtual environment in the project's folder; `make` runs it before every command.

A stamp in the environment says which folder, interpreter, dependencies and extras it was built for. Where all of
them still hold, nothing is done. Changed dependencies are installed over the old ones; a moved folder, another
interpreter, or no stamp at all (an interrupted run) means starting again from an empty environment.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

DECLARED_IN = ("setup.cfg", "pyproject.toml")
LOG_LINES_SHOWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What an environment was built for."""

    folder: str
    python: str
    declared: str
    """A SHA-256 over the files that declare the dependencies."""
    extras: tuple[str, ...]

    def covers(self, wanted: "Stamp") -> bool:
        """Tell whether nothing is left to do."""
        return self.can_become(wanted) and self.declared == wanted.declared and set(self.extras) >= set(wanted.extras)

    def can_become(self, wanted: "Stamp") -> bool:
        """Tell whether installing is enough: the folder and the interpreter are the same."""
        return self.folder == wanted.folder and self.python == wanted.python


def wanted_stamp(project: Path, extras: Sequence[str]) -> Stamp:
    """Say what an environment for this folder, this interpreter and these extras would be."""
    declared = hashlib.sha256(b"\0".join((project / name).read_bytes() for name in DECLARED_IN))
    return Stamp(
        folder=str(project),
        python=f"{sys.base_prefix} {sys.version}",
        declared=declared.hexdigest(),
        extras=tuple(extras),
    )


def read_stamp(environment: Path) -> Stamp | None:
    """Read what the environment was built for; None where it is missing, half made or cannot run."""
    try:
        found = json.loads((environment / "stamp.json").read_text())
        stamp = Stamp(**{**found, "extras": tuple(found["extras"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return stamp if (environment / "bin" / "python").exists() else None


def write_stamp(environment: Path, stamp: Stamp) -> None:
    """Put the stamp in place whole or not at all."""
    draft = environment / "stamp.json.draft"
    draft.write_text(json.dumps(asdict(stamp)))
    draft.replace(environment / "stamp.json")


class Progress:
    """One line that is written over on a terminal; elsewhere only what is worth keeping."""

    def __init__(self) -> None:
        self._rewrites = sys.stderr.isatty()

    def keep(self, text: str) -> None:
        """Write a line that stays."""
        sys.stderr.write(f"\r\033[K{text}\n" if self._rewrites else f"{text}\n")
        sys.stderr.flush()

    def passing(self, text: str) -> None:
        """Write a line that the next one replaces; nothing where lines cannot be replaced."""
        if self._rewrites:
            sys.stderr.write(f"\r\033[K  {text}"[: shutil.get_terminal_size().columns])
            sys.stderr.flush()


def pip_settings() -> dict[str, str]:
    """Keep a person's pip settings (indexes, proxies), except those that would install somewhere else."""
    elsewhere = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return {**kept, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def install(project: Path, extras: Sequence[str], progress: Progress) -> bool:
    """Install the project in place with its extras; on failure show how pip ended."""
    environment = project / ".venv"
    pip = [str(environment / "bin" / "python"), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    log = environment / "install.log"
    with (
        log.open("w") as record,
        subprocess.Popen(
            [*pip, "--editable", f".[{','.join(extras)}]"],
            cwd=project,
            env=pip_settings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running,
    ):
        for line in running.stdout or ():
            record.write(line)
            progress.passing(line.strip())
    if running.returncode:
        said = [line for line in log.read_text().splitlines() if not line.startswith("Requirement already satisfied")]
        progress.keep("\n".join(said[-LOG_LINES_SHOWN:]))
        progress.keep(f"The dependencies could not be installed; all that pip said is in {log}")
    return running.returncode == 0


def bring_up_to_date(project: Path, wanted: Stamp) -> bool:
    """Leave an environment that covers what is wanted; False where that failed."""
    environment = project / ".venv"
    stamp = read_stamp(environment)
    if stamp and stamp.covers(wanted):
        return True
    progress, started = Progress(), time.monotonic()
    # Until all is installed there is no stamp: whatever interrupts this, the next run starts afresh.
    (environment / "stamp.json").unlink(missing_ok=True)
    if stamp and stamp.can_become(wanted):
        progress.keep("Bringing .venv up to date …")
    else:
        stamp = None
        version = ".".join(map(str, sys.version_info[:3]))
        progress.keep(f"Setting up .venv with Python {version} (once; it may take a minute or two) …")
        venv.create(environment, clear=True, symlinks=True, with_pip=True)
    if not install(project, wanted.extras, progress):
        if stamp:
            write_stamp(environment, stamp)
        return False
    write_stamp(environment, wanted)
    progress.keep(f"… .venv is ready after {time.monotonic() - started:.0f} s.")
    return True


def main(arguments: Sequence[str]) -> int:
    """Bring `.venv` up to date, one run at a time; 0 where it is fit for use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extras", nargs="+", help="the optional dependencies to install")
    project = Path(__file__).resolve().parent.parent
    wanted = wanted_stamp(project, parser.parse_args(arguments).extras)
    try:
        with (project / "setup.cfg").open() as turnstile:
            fcntl.flock(turnstile, fcntl.LOCK_EX)
            done = bring_up_to_date(project, wanted)
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the next run starts the set-up again.\n")
        return 130
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"Cannot set up {project / '.venv'}: {error}\n")
        return 1
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

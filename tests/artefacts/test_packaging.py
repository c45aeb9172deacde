"""What `pip install .` brings: the four packages with all their files, the command, and nothing else."""

import configparser
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.source_tree import PACKAGES, PROJECT, read_modules

DESCRIPTION = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PIP = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input")
BOUNDED = re.compile(r"^[\w.-]+(\[[\w,-]+\])?(>=[\w.]+,<[\w.]+|==[\w.!]+)$")
"""An exact version is both bounds: the Grafana SDK's are builds for one Grafana each."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy, so that neither a stale `build` folder gets in nor a new one is left behind."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in DESCRIPTION:
        shutil.copy(PROJECT / name, source)
    built = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", built, source], check=True)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, which borrows the dependencies from this one."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    (borrowing,) = (environment / "lib").glob("python*/site-packages")
    (borrowing / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def declared_requirements() -> list[str]:
    setup = configparser.ConfigParser()
    setup.read(PROJECT / "setup.cfg")
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    return [line for block in lists for line in block.split("\n") if line]


def distribution_name(requirement: str) -> str:
    return re.split(r"[\[<>=]", requirement)[0].lower().replace("_", "-")


def test_the_wheel_holds_every_file_of_the_four_packages_and_nothing_else(wheel: Path) -> None:
    files = {path for name in PACKAGES for path in (PROJECT / name).rglob("*") if path.is_file()}
    expected = {path.relative_to(PROJECT).as_posix() for path in files if path.suffix != ".pyc"}

    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert names == expected


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (about,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))

    metadata = message_from_bytes(archive.read(about))

    assert (
        metadata["Name"],
        metadata["Requires-Python"],
        metadata["License-Expression"],
        metadata.get_all("Provides-Extra"),
    ) == ("mainstay", ">=3.11", "Apache-2.0", ["embedded", "otlp", "render", "compiled", "dev"])


def test_the_licence_travels_with_the_wheel(wheel: Path) -> None:
    licences = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("/licenses/LICENSE")]

    assert len(licences) == 1


def test_the_installed_command_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    finished = subprocess.run(
        [installed / "bin" / "mainstay", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (finished.returncode, "serve" in finished.stdout) == (0, True), finished.stderr


def test_the_installed_packages_are_the_ones_imported(installed: Path, tmp_path: Path) -> None:
    code = f"import {', '.join(PACKAGES)}\nprint(*(m.__file__ for m in ({', '.join(PACKAGES)})), sep='\\n')"

    finished = subprocess.run(
        [installed / "bin" / "python", "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert [Path(line).is_relative_to(installed) for line in finished.stdout.split()] == [True] * len(PACKAGES)


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    assert [line for line in declared_requirements() if not BOUNDED.match(line)] == []


def test_whatever_the_packages_import_is_declared() -> None:
    declared = {distribution_name(line) for line in declared_requirements()}
    providers = packages_distributions()
    foreign = {
        name: {provider.lower().replace("_", "-") for provider in providers.get(name, [name])}
        for module in read_modules(*PACKAGES)
        for name in module.imported
        if name not in sys.stdlib_module_names and name not in PACKAGES
    }

    assert {name for name, by in foreign.items() if not by & declared} == set()

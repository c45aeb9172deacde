"""The commands of the Makefile, and when the environment behind them has to be made again."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.environment import Stamp, read_stamp, wanted_stamp, write_stamp
from tests.source_tree import PROJECT

STAMP = Stamp(folder="/here", python="3.13", declared="1f3c", extras=("embedded",))


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A folder that looks like a virtual environment."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


def test_make_alone_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None

    listed = re.findall(r"^  make ([a-z]+) +\S", make().stdout, re.MULTILINE)

    assert listed == phony[1].split()


def test_an_interpreter_that_will_not_do_is_said_plainly() -> None:
    finished = make("run", "PYTHON=/nowhere/python3")

    assert (finished.returncode, finished.stderr.splitlines()[:2]) == (
        2,
        [
            "Mainstay needs Python 3.11 or newer, and /nowhere/python3 is not.",
            "Where it has another name: make run PYTHON=/path/to/python3",
        ],
    )


def test_an_interpreter_without_ensurepip_is_said_plainly(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)

    finished = make("run", f"PYTHON={python}")

    assert (finished.returncode, finished.stderr.splitlines()[:2]) == (
        2,
        [
            f"{python} cannot make a virtual environment: its ensurepip module is missing.",
            "On Debian and Ubuntu: apt-get install python3-venv",
        ],
    )


def test_a_stamp_covers_what_it_was_made_for_and_less() -> None:
    both = replace(STAMP, extras=("embedded", "dev"))

    assert [STAMP.covers(STAMP), both.covers(STAMP), STAMP.covers(both)] == [True, True, False]


def test_changed_dependencies_are_installed_over_the_old_ones() -> None:
    changed = replace(STAMP, declared="9a00")

    assert (STAMP.covers(changed), STAMP.can_become(changed)) == (False, True)


@pytest.mark.parametrize("different", [replace(STAMP, folder="/there"), replace(STAMP, python="3.14")])
def test_another_folder_or_interpreter_means_starting_again(different: Stamp) -> None:
    assert STAMP.can_become(different) is False


def test_a_stamp_is_read_back_as_it_was_written(environment: Path) -> None:
    write_stamp(environment, STAMP)

    assert read_stamp(environment) == STAMP


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"extras": []}'])
def test_a_broken_stamp_is_none(environment: Path, text: str) -> None:
    (environment / "stamp.json").write_text(text)

    assert read_stamp(environment) is None


def test_a_stamp_beside_an_interpreter_that_is_gone_is_none(environment: Path) -> None:
    write_stamp(environment, STAMP)
    (environment / "bin" / "python").unlink()
    (environment / "bin" / "python").symlink_to("/nowhere/python3")

    assert read_stamp(environment) is None


def test_whatever_declares_a_dependency_is_in_the_stamp(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "setup.cfg").write_text("install_requires =")
    before = wanted_stamp(tmp_path, ["dev"])

    (tmp_path / "setup.cfg").write_text("install_requires = aiohttp")

    assert wanted_stamp(tmp_path, ["dev"]).declared != before.declared

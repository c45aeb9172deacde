"""What another project's type checker sees of an editable install."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import PROJECT

QUIET = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """Another project's folder, with nothing in it but a service file."""
    shutil.copy(PROJECT / "tests" / "typing" / "surface.py", tmp_path)
    (tmp_path / "wrong.py").write_text(
        '"""A mistake only types can show."""\n\nfrom server import Service\n\nservice = Service(name=3)\n'
    )
    return tmp_path


def mypy(folder: Path, file: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=.cache", file]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def pyright(folder: Path, file: str) -> list[str]:
    """The rules that were broken, in order."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, file]
    finished = subprocess.run(
        command, cwd=folder, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False
    )
    report = json.loads(finished.stdout)
    return [f"{found['rule']}: {found['message']}" for found in report["generalDiagnostics"]]


def test_mypy_follows_the_whole_public_surface(consumer: Path) -> None:
    finished = mypy(consumer, "surface.py")

    assert finished.returncode == 0, finished.stdout


def test_pyright_follows_the_whole_public_surface(consumer: Path) -> None:
    assert pyright(consumer, "surface.py") == []


def test_mypy_sees_a_mistake(consumer: Path) -> None:
    assert "[arg-type]" in mypy(consumer, "wrong.py").stdout


def test_pyright_sees_a_mistake(consumer: Path) -> None:
    (mistake,) = pyright(consumer, "wrong.py")

    assert mistake.startswith("reportArgumentType")

"""The examples are well declared, small, and what their generator makes."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from server.loading.data_files import data_files
from server.loading.line_reader import LineReader, ReadingLimits
from server.service_file import checked_file
from tests.source_tree import PROJECT

EXAMPLES = PROJECT / "examples"
SHOP = EXAMPLES / "shop"
QUICKSTART_LINES = 20
DATA_BYTES_AT_MOST = 200_000


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/service.py")), ids=lambda file: file.parent.name)
def test_every_example_is_well_declared(file: Path) -> None:
    command = Path(sys.executable).with_name("mainstay")

    finished = subprocess.run([command, "check", file], capture_output=True, text=True, check=False)

    assert (finished.returncode, finished.stderr) == (0, "")


def test_the_quickstart_is_about_twenty_lines() -> None:
    assert len((EXAMPLES / "quickstart" / "service.py").read_text().splitlines()) <= QUICKSTART_LINES


def test_the_shop_s_data_is_what_its_generator_makes(tmp_path: Path) -> None:
    runpy.run_path(str(SHOP / "generate.py"))["write"](tmp_path)

    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in (SHOP / "data").iterdir()}


def test_the_shop_s_data_is_small() -> None:
    assert sum(path.stat().st_size for path in (SHOP / "data").iterdir()) <= DATA_BYTES_AT_MOST


def test_every_line_of_the_shop_s_data_is_good() -> None:
    files = data_files(SHOP / "data", checked_file(SHOP / "service.py"))
    readers = [LineReader(file, limits=ReadingLimits(), advanced=lambda _lines: None) for file in files]

    rows = sum(1 for reader in readers for _ in reader.rows())

    assert (rows > 0, [reader.bad.first for reader in readers]) == (True, [()] * len(files))


def test_make_run_serves_the_shop_with_its_data() -> None:
    dry = subprocess.run(["make", "-n", "run"], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert "mainstay serve examples/shop/service.py --seed examples/shop/data" in dry.stdout

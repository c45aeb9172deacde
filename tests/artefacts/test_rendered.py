"""What is committed in alerts/ and dashboards/ is what the shop's declaration renders to."""

import subprocess
import sys
from pathlib import Path

from tests.source_tree import PROJECT

RENDER = (Path(sys.executable).with_name("mainstay"), "render", "examples/shop/service.py")


def test_a_fresh_rendering_of_the_shop_is_what_is_committed() -> None:
    checked = subprocess.run([*RENDER, "--check"], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")

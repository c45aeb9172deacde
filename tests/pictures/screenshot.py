"""Has a headless Chromium make a PNG of an SVG."""

import os
import re
import subprocess
from pathlib import Path

from tests.environment import require

PATIENCE_SECONDS = 120.0


def screenshot(svg: Path, png: Path) -> None:
    """As large as the SVG says."""
    sized = re.search(r'width="(\d+)" height="(\d+)"', svg.read_text())
    assert sized is not None
    unprivileged = () if os.geteuid() else ("--no-sandbox",)
    subprocess.run(
        [
            require("chromium"),
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-dev-shm-usage",
            f"--window-size={sized[1]},{sized[2]}",
            f"--screenshot={png}",
            *unprivileged,
            svg.absolute().as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )

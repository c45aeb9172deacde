"""What a test may need from the machine it runs on."""

import os
import shutil
from typing import NoReturn

import pytest


def require(program: str) -> str:
    """The path of an outside program; without it the test is skipped, or fails where REQUIRE_ALL=1."""
    return shutil.which(program) or lack(f"this needs the program {program}, which is not installed")


def lack(reason: str) -> NoReturn:
    """Skip the running test, or fail it where REQUIRE_ALL=1."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, and {reason}")
    pytest.skip(reason)

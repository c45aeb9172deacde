"""The whole OpenAPI document against the real process: thousands of made-up requests, valid, invalid and in chains."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from tests.acceptance.service_process import service

GALLERY = Path(__file__).with_name("gallery.py")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CASES_AT_LEAST = 5_000
EXAMPLES_AN_OPERATION = 160
ARGUMENTS = (
    "--seed=1",
    f"--max-examples={EXAMPLES_AN_OPERATION}",
    "--phases=examples,coverage,fuzzing,stateful",
    "--continue-on-failure",
    # What a schema cannot say may still be refused: a decimal with too many places, an If-Match that does not match.
    "--exclude-checks=positive_data_acceptance",
    "--no-color",
)


async def test_no_made_up_request_gets_a_500_or_an_answer_that_is_not_documented(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    async with service(GALLERY, data_dir / "data") as running:
        code, told = await _schemathesis(running.base_url, data_dir)
        log = running.log.read_text()

    assert code == 0, told
    assert _cases(told) >= CASES_AT_LEAST, told
    assert "exception_caught" not in log


async def _schemathesis(base_url: str, folder: Path) -> tuple[int, str]:
    """Run it to its end; its exit code and all it said, curl lines of failures included."""
    process = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, f"--config-file={CONFIGURATION}", "run", f"{base_url}/openapi.json", *ARGUMENTS),
        cwd=folder,
        stdout=PIPE,
        stderr=STDOUT,
    )
    told, _ = await process.communicate()
    return await process.wait(), told.decode()


def _cases(told: str) -> int:
    found = re.search(r"([\d,]+) generated", told)
    return int(found[1].replace(",", "")) if found else 0

"""schemathesis: made-up requests for the whole document, valid and not, whose answers have to be what it says."""

import re
import sys
from pathlib import Path

from tests.scans.progress import progress
from tests.scans.scanned import REPORTS, Scanned, Watch, end_of, said
from tests.scans.target import Target
from tests.source_tree import PROJECT

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = PROJECT / "tests" / "acceptance" / "schemathesis.toml"
OPTIONS = (
    "--seed=1",
    "--phases=examples,coverage,fuzzing",
    "--continue-on-failure",
    "--no-color",
    # What a schema cannot say may still be refused: a name that is taken, a decimal with too many places.
    "--exclude-checks=positive_data_acceptance",
    # It sends what it has seen: an admin would revoke the very key it calls with.
    r"--exclude-path-regex=^/identity/keys/\{id\}",
)
_CASES = re.compile(r"([\d,]+) generated")
_OPERATIONS = re.compile(r"Tested: +(\d+)")
_FAILURES = re.compile(r"^\s+❌ (.*: \d+)$", re.MULTILINE)
_FAILURE = re.compile(r"^- (ST\d+ .*)\n\n *(.*)$", re.MULTILINE)
_TOO_LONG = re.compile(r"returned 414, expected 405|Got 414 when missing required")
"""An address of more than 8,190 bytes is refused before its method and its caller are looked at."""


async def schemathesis(target: Target, *, examples: int) -> Scanned:
    """So many examples for each operation."""
    watch = await Watch.of(target)
    progress(f"schemathesis as {target.caller}")
    what = (f"--config-file={CONFIGURATION}", "run", f"{target.base_url}/openapi.json")
    how = (f"--max-examples={examples}", *OPTIONS, *target.header)
    report = REPORTS / f"schemathesis-{target.caller}.txt"
    output = await said(SCHEMATHESIS, *what, *how, report=report, folder=target.folder)
    cases, operations = _CASES.search(output), _OPERATIONS.search(output)
    if not cases or not operations:
        return await watch.scanned("schemathesis", findings=[f"it did not get to look: {end_of(output)}"])
    extent = f"{cases[1]} cases for {operations[1]} operations"
    return await watch.scanned("schemathesis", extent=extent, findings=_findings(output))


def _findings(output: str) -> list[str]:
    """Each failure in its own words, or in those of the summary where there are none."""
    failures = [f"{kind}: {told}" for kind, told in _FAILURE.findall(output)] or _FAILURES.findall(output)
    return [failure for failure in failures if not _TOO_LONG.search(failure)]

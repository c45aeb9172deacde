"""What a scanner's run has come to, and how each of them is run."""

import asyncio
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.scans.target import Target
from tests.scans.traffic import Traffic, answered
from tests.source_tree import PROJECT

TOOLS = PROJECT / ".scan" / "bin"
REPORTS = PROJECT / ".scan" / "reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A scanner's run as one caller."""

    scanner: str
    caller: str
    extent: str
    """What it has looked at."""
    findings: Sequence[str]
    seconds: float
    traffic: Traffic


class Watch:
    """Tells how long a run has taken, and what the service has answered since it began."""

    def __init__(self, target: Target, *, before: Traffic) -> None:
        self._target = target
        self._before = before
        self._began = time.monotonic()

    @classmethod
    async def of(cls, target: Target) -> "Watch":
        return cls(target, before=await answered(target.shop.running.admin_url))

    async def scanned(self, scanner: str, *, findings: Sequence[str], extent: str = "") -> Scanned:
        """The run that ends now; what a service cannot answer is a finding of its own."""
        traffic = await answered(self._target.shop.running.admin_url) - self._before
        broken = [f"{traffic.bugs} answers of 500"] if traffic.bugs else []
        return Scanned(
            scanner=scanner,
            caller=self._target.caller,
            extent=extent,
            findings=[*findings, *broken],
            seconds=time.monotonic() - self._began,
            traffic=traffic,
        )


async def said(*words: object, report: Path, folder: Path) -> str:
    """Run a program in a folder to its end; all it says is kept as its report."""
    process = await asyncio.create_subprocess_exec(*map(str, words), cwd=folder, stdout=PIPE, stderr=STDOUT)
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_bytes(output)
    return output.decode(errors="replace")


def end_of(output: str) -> str:
    """The last of what a program said, for one that did not do what it was run for."""
    return " ".join(output.split())[-200:]

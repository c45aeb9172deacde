"""`make scan`: has other people's scanners look for holes in the shop, as callers of several kinds."""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.acceptance.payments_program import sandbox
from tests.acceptance.peopled_shop import PeopledShop, peopled_shop
from tests.scans.callers import CALLERS
from tests.scans.progress import lasting
from tests.scans.scanned import REPORTS, Scanned
from tests.scans.target import Target
from tests.scans.with_schemathesis import schemathesis
from tests.scans.with_sqlmap import sqlmap
from tests.scans.with_wapiti import wapiti

TOOLS = ("schemathesis", "wapiti", "sqlmap")


async def main() -> int:
    """Run what was asked for and tell of each run; 1 where anything was found."""
    asked = _asked()
    runs: list[Scanned] = []
    with tempfile.TemporaryDirectory(prefix="mainstay-scan-") as name:
        folder = Path(name)
        async with sandbox() as (_, payments_url, _):
            os.environ["PAYMENTS_URL"] = payments_url
            # Believed as a proxy, a scanner asks from as many addresses as it needs.
            async with peopled_shop(folder / "shop", TRUSTED_PROXIES="127.0.0.1") as shop:
                async for scanned in _scans(shop, folder, asked):
                    runs.append(scanned)
                    lasting(_line(scanned))
                log = shop.running.log
        REPORTS.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, REPORTS / "shop.log")
    return _concluded(runs, bugs=(REPORTS / "shop.log").read_text().count("exception_caught"))


async def _scans(shop: PeopledShop, folder: Path, asked: argparse.Namespace) -> AsyncIterator[Scanned]:
    document = (await shop.ask("GET", "/openapi.json")).body
    targets = [Target(shop=shop, document=document, caller=caller, folder=folder) for caller in asked.as_]
    if "schemathesis" in asked.with_:
        for target in targets:
            yield await schemathesis(target, examples=asked.examples)
    if "wapiti" in asked.with_:
        for target in targets:
            yield await wapiti(target, seconds=asked.seconds)
    if "sqlmap" in asked.with_:
        for target in targets:
            yield await sqlmap(target, level=asked.level)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make scan", description=__doc__)
    parser.add_argument("--with", dest="with_", nargs="+", choices=TOOLS, default=TOOLS, help="which scanners (all)")
    parser.add_argument("--as", dest="as_", nargs="+", choices=CALLERS, default=CALLERS, help="as which callers (all)")
    parser.add_argument("--level", type=int, default=1, help="how much sqlmap tries, 1 to 5 (1)")
    parser.add_argument("--seconds", type=int, default=300, help="how long a module of wapiti may take (300)")
    parser.add_argument("--examples", type=int, default=50, help="schemathesis' requests for an operation (50)")
    return parser.parse_args()


def _line(run: Scanned) -> str:
    """`✓ sqlmap       staff     1234 requests (2xx 100, 4xx 1134, 5xx 0)  56 s  350 parameters of 90 requests`."""
    classes = ", ".join(f"{hundreds}xx {run.traffic.of(hundreds)}" for hundreds in (2, 4, 5))
    head = f"{'✗' if run.findings else '✓'} {run.scanner:<12} {run.caller:<7}"
    told = f"{head} {run.traffic.total:>6} requests ({classes}) {run.seconds:5.0f} s  {run.extent}"
    return "\n".join([told, *(f"    {finding}" for finding in run.findings)])


def _concluded(runs: list[Scanned], *, bugs: int) -> int:
    found = sum(len(run.findings) for run in runs)
    requests, minutes = sum(run.traffic.total for run in runs), sum(run.seconds for run in runs) / 60
    total = f"{requests} requests in {minutes:.1f} min: {found} findings, {bugs} bugs in the service's log"
    summary = "\n".join([*map(_line, runs), "", total])
    (REPORTS / "summary.txt").write_text(f"{summary}\n")
    lasting(f"\n{summary}\nEverything they said: {REPORTS}")
    return 1 if found or bugs else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""`make scan`: has other people's scanners look for holes in the shop, as callers of several kinds."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.acceptance.payments_program import sandbox
from tests.acceptance.peopled_shop import PeopledShop, peopled_shop
from tests.scans.scanners import Scanned, schemathesis, sqlmap, wapiti

CALLERS = ("nobody", "owner", "buyer", "staff")
MOST = "staff"
"""Who gets furthest, and so whose requests reach the most SQL."""


async def main() -> int:
    """Run what was asked for and tell of each run; 1 where anything was found."""
    asked = _asked()
    found = 0
    with tempfile.TemporaryDirectory(prefix="mainstay-scan-") as name:
        folder = Path(name)
        async with sandbox() as (_, payments_url, _):
            os.environ["PAYMENTS_URL"] = payments_url
            async with peopled_shop(folder / "shop") as shop:
                async for scanned in _scans(shop, folder, asked):
                    found += len(scanned.findings)
                    _tell(scanned)
                log = shop.running.log.read_text()
    bugs = log.count("exception_caught")
    sys.stdout.write(f"\n{found} findings, {bugs} bugs in the service's log\n")
    return 1 if found or bugs else 0


async def _scans(shop: PeopledShop, folder: Path, asked: argparse.Namespace) -> AsyncIterator[Scanned]:
    if "schemathesis" in asked.with_:
        for caller in asked.as_:
            yield await schemathesis(shop, folder, caller=caller, examples=asked.examples)
    if "wapiti" in asked.with_:
        for caller in asked.as_:
            yield await wapiti(shop, folder, caller=caller, seconds=asked.seconds)
    if "sqlmap" in asked.with_:
        async for scanned in sqlmap(shop, folder, caller=MOST, level=asked.level):
            yield scanned


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make scan", description=__doc__)
    tools = ("schemathesis", "wapiti", "sqlmap")
    parser.add_argument("--with", dest="with_", nargs="+", choices=tools, default=tools, help="which scanners (all)")
    parser.add_argument("--as", dest="as_", nargs="+", choices=CALLERS, default=CALLERS, help="as which callers (all)")
    parser.add_argument("--level", type=int, default=2, help="how much sqlmap tries, 1 to 5 (2)")
    parser.add_argument("--seconds", type=int, default=600, help="how long wapiti may take for one caller (600)")
    parser.add_argument("--examples", type=int, default=50, help="schemathesis' requests for an operation (50)")
    return parser.parse_args()


def _tell(scanned: Scanned) -> None:
    mark = "✗" if scanned.findings else "✓"
    sys.stdout.write(f"{mark} {scanned.scanner:<13} {scanned.what:<60} {scanned.extent}\n")
    sys.stdout.write("".join(f"    {finding}\n" for finding in scanned.findings))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

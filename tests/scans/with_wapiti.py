"""wapiti: injections of every kind into what the shop reads and takes, and what its headers let a browser do."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.scans.progress import progress
from tests.scans.requests_of import samples
from tests.scans.sample import Sample
from tests.scans.sample_document import document_of
from tests.scans.scanned import REPORTS, TOOLS, Scanned, Watch, end_of, said
from tests.scans.target import Target

MODULES = "crlf,csp,exec,file,http_headers,ldap,methods,permanentxss,redirect,shellshock,sql,xss,xxe"
"""Those that ask nobody else: ssrf and log4shell wait for a call from a server of wapiti's. timesql tries what sqlmap
tries, and takes as long as several others together."""
NO_HOLE = "Internal Server Error"
"""What wapiti calls every 5xx, a 503 of a busy machine too; the service's own count of 500s is a finding already."""
EXPLORING_SECONDS = 120
_TAKES_A_STAR = re.compile(r"LDAP Injection via injection in the parameter \w+%5Bi?like%5D$")
"""`*` has to find everything there: `like` documents it. wapiti takes a service in which it does for a directory."""
_CUT_SHORT = re.compile(r"Max (?:attack|scan) time was reached.*")


async def wapiti(target: Target, *, seconds: int) -> Scanned:
    """All that is open to the caller; each module may take so long."""
    watch = await Watch.of(target)
    known = [one async for one in samples(target.shop, target.document, caller=target.caller) if not one.is_marked]
    progress(f"wapiti as {target.caller}: {len(known)} requests")
    report = REPORTS / f"wapiti-{target.caller}.json"
    report.unlink(missing_ok=True)
    output = await _look(target, known, report=report, seconds=seconds)
    if not report.exists():
        return await watch.scanned("wapiti", findings=[f"it did not get to look: {end_of(output)}"])
    found = json.loads(report.read_text())
    extent = f"{found['infos'].get('crawled_pages_nbr', 0)} requests"
    return await watch.scanned("wapiti", extent=extent, findings=[*_findings(found), *_CUT_SHORT.findall(output)])


async def _look(target: Target, known: Sequence[Sample], *, report: Path, seconds: int) -> str:
    addresses, bodies = (target.folder / f"wapiti-{target.caller}.{kind}" for kind in ("txt", "json"))
    read = ["/docs", *(sample.target for sample in known if not sample.body)]
    addresses.write_text("".join(f"{target.base_url}{address}\n" for address in read))
    bodies.write_bytes(document_of(sample for sample in known if sample.body))
    where = ("-u", f"{target.base_url}/", "--swagger", bodies, "-s", addresses, "--scope", "domain", "-d", "1")
    bounds = ("--max-scan-time", EXPLORING_SECONDS, "--max-attack-time", seconds)
    how = ("-m", MODULES, "--flush-session", "--no-bugreport", "-v", "1", "-f", "json", "-o", report)
    session = target.folder / f"wapiti-{target.caller}"
    store = ("--store-session", session, "--store-config", session)
    what = (*where, *bounds, *how, *store, *target.header)
    return await said(TOOLS / "wapiti", *what, report=report.with_suffix(".txt"), folder=target.folder)


def _findings(found: Any) -> list[str]:
    return [
        f"{kind}: {one['method']} {one['path']} {one['info']}"
        for group in ("vulnerabilities", "anomalies")
        for kind, several in found[group].items()
        for one in several
        if kind != NO_HOLE and not _TAKES_A_STAR.search(one["info"])
    ]

"""sqlmap, wapiti and schemathesis as this project runs them, and what they found."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.peopled_shop import PeopledShop
from tests.scans.requests_of import samples
from tests.source_tree import PROJECT

TOOLS = PROJECT / ".scan" / "bin"
REPORTS = PROJECT / ".scan" / "reports"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = PROJECT / "tests" / "acceptance" / "schemathesis.toml"
MODULES = "crlf,csp,exec,file,http_headers,ldap,methods,permanentxss,redirect,shellshock,sql,timesql,xss,xxe"
"""Those that ask nobody else: ssrf and log4shell wait for a call from a server of wapiti's."""
_FOUND = re.compile(r"^Parameter: .*", re.MULTILINE)
_CASES = re.compile(r"([\d,]+) generated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """One run: of what, what it found, and what it looked at in all."""

    scanner: str
    what: str
    findings: Sequence[str]
    extent: str = ""


async def sqlmap(shop: PeopledShop, folder: Path, *, caller: str, level: int) -> AsyncIterator[Scanned]:
    """Every parameter and body field of every resource, one request file each."""
    number = 0
    async for sample in samples(shop, caller=caller):
        number += 1
        file = folder / f"{number}.request"
        host = shop.running.base_url.partition("//")[2]
        file.write_text(sample.text(host=host, credential=shop.credentials[caller]))
        options = ("--batch", "--flush-session", f"--level={level}", "--risk=2", "--threads=4", "--disable-coloring")
        codes = "--ignore-code=400,404,409,412,414,415,422,429"
        output = await _run(TOOLS / "sqlmap", "-r", file, *options, codes, f"--output-dir={folder / 'sqlmap'}")
        looked = "do not appear to be injectable" in output or "identified the following injection" in output
        findings = [*_FOUND.findall(output)] + ([] if looked else [f"it did not get to look: {_end(output)}"])
        yield Scanned(scanner="sqlmap", what=sample.name, findings=findings, extent=f"level {level}")


async def wapiti(shop: PeopledShop, folder: Path, *, caller: str, seconds: int) -> Scanned:
    """The OpenAPI document and all it leads to."""
    report = kept(f"wapiti-{caller}.json")
    report.unlink(missing_ok=True)
    base = shop.running.base_url
    credential = shop.credentials[caller]
    header = ("-H", f"Authorization: Bearer {credential}") if credential else ()
    where = ("-u", f"{base}/", "--swagger", f"{base}/openapi.json", "--scope", "domain")
    how = ("-m", MODULES, "--flush-session", "--no-bugreport", "--max-scan-time", str(seconds), "-v", "0")
    store = ("--store-session", folder / "wapiti", "--store-config", folder / "wapiti")
    output = await _run(TOOLS / "wapiti", *where, *how, *store, *header, "-f", "json", "-o", report)
    if not report.exists():
        return Scanned(scanner="wapiti", what=caller, findings=[f"it did not get to look: {_end(output)}"])
    found = json.loads(report.read_text())
    findings = [
        f"{kind}: {one['method']} {one['path']} {one['info']}"
        for group in ("vulnerabilities", "anomalies")
        for kind, several in found[group].items()
        for one in several
    ]
    pages = found["infos"].get("crawled_pages_nbr", 0)
    return Scanned(scanner="wapiti", what=caller, findings=findings, extent=f"{pages} pages")


async def schemathesis(shop: PeopledShop, folder: Path, *, caller: str, examples: int) -> Scanned:
    """Made-up requests for the whole document."""
    credential = shop.credentials[caller]
    header = ("-H", f"Authorization: Bearer {credential}") if credential else ()
    # A caller whose address is too long is told that before it is told to say who it is.
    phases = (
        "--phases=examples,coverage,fuzzing",
        "--exclude-checks=positive_data_acceptance,ignored_auth,missing_required_header",
    )
    how = ("--seed=1", f"--max-examples={examples}", *phases, "--continue-on-failure", "--no-color")
    what = (f"--config-file={CONFIGURATION}", "run", f"{shop.running.base_url}/openapi.json")
    output = await _run(SCHEMATHESIS, *what, *how, *header, folder=folder)
    failures = re.findall(r"^\s+❌ (.*: \d+)$", output, re.MULTILINE)
    cases = _CASES.search(output)
    looked = [] if cases else [f"it did not get to look: {_end(output)}"]
    extent = f"{cases[1]} requests" if cases else ""
    kept(f"schemathesis-{caller}.txt").write_text(output)
    return Scanned(scanner="schemathesis", what=caller, findings=[*failures, *looked], extent=extent)


def kept(name: str) -> Path:
    """Where a report stays for whoever wants to know more."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    return REPORTS / name


async def _run(*words: object, folder: Path | None = None) -> str:
    process = await asyncio.create_subprocess_exec(*map(str, words), cwd=folder, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    return output.decode(errors="replace")


def _end(output: str) -> str:
    return " ".join(output.split())[-200:]

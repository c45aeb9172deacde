"""sqlmap: SQL injection into every parameter, key, header and field of a body that the shop takes."""

import re

from tests.scans.progress import progress
from tests.scans.requests_of import samples
from tests.scans.sample import Sample
from tests.scans.scanned import REPORTS, TOOLS, Scanned, Watch, end_of, said
from tests.scans.target import Target

_FOUND = re.compile(r"^Parameter: .*", re.MULTILINE)
_LOOKED_AT = re.compile(r"\[INFO\] testing for SQL injection on (.*)")
_NOTHING = "do not appear to be injectable"
OPTIONS = (
    "--batch",
    "--skip-waf",
    "--flush-session",
    "--disable-coloring",
    # What is behind the shop is known, and payloads for other databases are two thirds of them all.
    "--dbms=postgresql",
    # All techniques; the heaviest risk too, which may update every row there is: they were made for this.
    "--technique=BEUSTQ",
    "--risk=3",
    "--threads=4",
    # An idle shop answers in milliseconds: a second is told from that.
    "--time-sec=1",
    # Refusals are answers like others.
    "--ignore-code=*",
    # Every request from an address of its own: limits by address, as of sign-ins, would end it.
    "--tamper=xforwardedfor",
    # Headers are looked into where they are marked, and not with every request.
    "--skip=User-Agent,Referer,Host,Cookie",
)


async def sqlmap(target: Target, *, level: int) -> Scanned:
    """Each request in turn."""
    watch = await Watch.of(target)
    findings: list[str] = []
    looked_at = number = 0
    async for sample in samples(target.shop, target.document, caller=target.caller):
        number += 1
        progress(f"sqlmap as {target.caller}: request {number}, {sample.name}")
        output = await _look(target, sample, level=level, number=number)
        looked_at += len(_LOOKED_AT.findall(output))
        findings += [f"{sample.name[:120]}: {found}" for found in _FOUND.findall(output)]
        if _NOTHING not in output and not _FOUND.search(output):
            findings.append(f"{sample.name[:120]}: it did not get to look: {end_of(output)}")
    return await watch.scanned("sqlmap", extent=f"{looked_at} parameters of {number} requests", findings=findings)


async def _look(target: Target, sample: Sample, *, level: int, number: int) -> str:
    file = target.folder / f"{target.caller}-{number}.request"
    file.write_text(sample.text(host=target.base_url.partition("//")[2], credential=target.credential))
    report = REPORTS / f"sqlmap-{target.caller}" / f"{number:03}.txt"
    where = ("-r", file, f"--output-dir={target.folder / 'sqlmap'}")
    return await said(TOOLS / "sqlmap", *where, f"--level={level}", *OPTIONS, report=report, folder=target.folder)

"""What the figures were measured on: nothing that names the machine or its owner."""

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The processor, the system, and the versions of all that takes part."""

    processor: str
    cores: int
    system: str
    python: str
    postgres: str
    generator: str
    libraries: Mapping[str, str]


def machine(libraries: Iterable[str], *, postgres: str, generator: str) -> Machine:
    """This machine; `libraries` are names of installed distributions."""
    return Machine(
        processor=processor_in(Path("/proc/cpuinfo").read_text()) or platform.machine(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        postgres=postgres,
        generator=generator,
        libraries={name: version(name) for name in sorted(set(libraries))},
    )


def processor_in(cpuinfo: str) -> str:
    """The processor's name in the text of /proc/cpuinfo; empty where it has none."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return ""

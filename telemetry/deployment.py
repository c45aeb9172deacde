"""What is running, where: the same on every line, report and scrape of a process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Which service, which release of it, deployed where."""

    service: str
    version: str
    environment: str

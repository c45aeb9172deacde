"""What is running, where: the same on every line, report and scrape of a process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Which service, which release of it, deployed where; and which of a supervisor's workers it is, if it is one."""

    service: str
    version: str
    environment: str
    worker: int | None = None

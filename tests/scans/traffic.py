"""How many requests the service has answered and how, by its own count."""

import re
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

_COUNT = re.compile(r'^http_server_request_duration_seconds_count\{.*status_code="(\d+)".*\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Answers by their status."""

    by_status: Counter[int]

    def __sub__(self, before: "Traffic") -> "Traffic":
        return Traffic(self.by_status - before.by_status)

    @property
    def total(self) -> int:
        return self.by_status.total()

    @property
    def bugs(self) -> int:
        """Answers that only a mistake in the service has."""
        return self.by_status[HTTPStatus.INTERNAL_SERVER_ERROR]

    def of(self, hundreds: int) -> int:
        """How many of 2xx, 4xx or 5xx."""
        return sum(count for status, count in self.by_status.items() if status // 100 == hundreds)


async def answered(admin_url: str) -> Traffic:
    """All since the start."""
    async with aiohttp.ClientSession() as session, session.get(f"{admin_url}/metrics") as response:
        text = await response.text()
    by_status: Counter[int] = Counter()
    for status, count in _COUNT.findall(text):
        by_status[int(status)] += int(float(count))
    return Traffic(by_status)

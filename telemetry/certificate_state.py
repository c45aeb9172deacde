"""The TLS certificate that callers are shown: until when it lasts, and whether it is the one that lies in the files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from telemetry.catalogue.process_rows import (
    TLS_CERTIFICATE_CURRENT,
    TLS_CERTIFICATE_NOT_AFTER,
    TLS_CERTIFICATE_NOT_BEFORE,
)
from telemetry.readings import Look, Reading

_DAY_SECONDS = 86_400.0
ENDING_DAYS = 7
"""A week has working days in which somebody can look. One of ninety days should have been renewed a month before."""

ENDING_SHARE = 0.25
"""... and of one that lasts days only its last quarter is near the end: those are renewed when a third is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateState:
    """From when to when it is valid, in seconds since 1970; not `is_current` where its files cannot be used."""

    begins_seconds: float
    ends_seconds: float
    is_current: bool = True

    def left_seconds(self, now: float) -> float:
        """How long it still lasts; below 0 where it has ended."""
        return self.ends_seconds - now

    def is_ending(self, now: float) -> bool:
        """Whether somebody should see to it; the alert CertificateExpiresSoon goes by the same rule."""
        last_seconds = min(ENDING_DAYS * _DAY_SECONDS, ENDING_SHARE * (self.ends_seconds - self.begins_seconds))
        return self.left_seconds(now) < last_seconds


def certificate_look(state: Callable[[], CertificateState]) -> Look:
    """Look at the certificate that is shown now."""

    def look() -> Iterator[Reading]:
        shown = state()
        yield Reading(metric=TLS_CERTIFICATE_NOT_BEFORE, value=shown.begins_seconds)
        yield Reading(metric=TLS_CERTIFICATE_NOT_AFTER, value=shown.ends_seconds)
        yield Reading(metric=TLS_CERTIFICATE_CURRENT, value=float(shown.is_current))

    return look

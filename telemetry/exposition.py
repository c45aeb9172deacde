"""How a scraper gets the metrics: the format and the packing it asks for, classic text where it does not care."""

import gzip
import re
from dataclasses import dataclass
from typing import Protocol

CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# Level 1 takes a third of level 9's time for a tenth more bytes, and the loop waits meanwhile.
_GZIP_LEVEL = 1
_OPENMETRICS_VERSIONS = ("1.0.0", "0.0.1", "")


class Source(Protocol):
    """Renders all metrics, in either format."""

    def classic(self) -> bytes:
        """Prometheus' text format 0.0.4."""
        ...

    def openmetrics(self) -> bytes:
        """OpenMetrics 1.0.0."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposition:
    """A scrape's answer; `content_encoding` is empty where the body is not packed."""

    body: bytes
    content_type: str
    content_encoding: str


def expose(source: Source, *, accept: str, accept_encoding: str) -> Exposition:
    """Render for a scraper that sent these `Accept` and `Accept-Encoding` headers ("" for none)."""
    openmetrics = prefers_openmetrics(accept)
    body = source.openmetrics() if openmetrics else source.classic()
    packed = _weight(accept_encoding, "gzip") > 0
    return Exposition(
        body=gzip.compress(body, _GZIP_LEVEL) if packed else body,
        content_type=OPENMETRICS if openmetrics else CLASSIC,
        content_encoding="gzip" if packed else "",
    )


def prefers_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics, in a version we speak, is asked for no less than plain text."""
    weight = _weight(accept, "application/openmetrics-text", versions=_OPENMETRICS_VERSIONS)
    return weight > 0 and weight >= _weight(accept, "text/plain")


def _weight(header: str, name: str, *, versions: tuple[str, ...] = ()) -> float:
    """The highest `q` the header gives `name` (RFC 9110, 12.4.2); 0 where it does not name it."""
    best = 0.0
    for part in header.split(","):
        word, *parameters = (piece.strip().lower() for piece in part.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        if word == name and (not versions or given.get("version", "").strip('"') in versions):
            best = max(best, _quality(given.get("q", "1")))
    return best


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0

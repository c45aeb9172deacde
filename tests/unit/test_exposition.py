"""Which format a scraper gets."""

import gzip

import pytest

from telemetry.exposition import CLASSIC, OPENMETRICS, Exposition, expose

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


class Source:
    def classic(self) -> bytes:
        return b"classic"

    def openmetrics(self) -> bytes:
        return b"openmetrics"


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0",
        "text/plain, application/openmetrics-text",
        'APPLICATION/OPENMETRICS-TEXT; VERSION="0.0.1"; q=0.5, */*;q=0.9',
        PROMETHEUS_3,
    ],
)
def test_openmetrics_is_for_who_asks_for_it(accept: str) -> None:
    assert expose(Source(), accept=accept, accept_encoding="") == Exposition(
        body=b"openmetrics", content_type=OPENMETRICS, content_encoding=""
    )


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/plain",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "application/openmetrics-text; version=2.0.0",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=0.3, text/plain;q=0.4",
        "application/openmetrics-text;q=nonsense",
        ";;,=;q=,",
    ],
)
def test_everybody_else_gets_classic_text(accept: str) -> None:
    assert expose(Source(), accept=accept, accept_encoding="") == Exposition(
        body=b"classic", content_type=CLASSIC, content_encoding=""
    )


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip", "gzip;q=0.5", "GZIP"])
def test_the_body_is_packed_for_who_can_unpack_it(accepted: str) -> None:
    shown = expose(Source(), accept="", accept_encoding=accepted)

    assert (gzip.decompress(shown.body), shown.content_encoding) == (b"classic", "gzip")


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
def test_nobody_else_gets_it_packed(accepted: str) -> None:
    assert expose(Source(), accept="", accept_encoding=accepted).content_encoding == ""

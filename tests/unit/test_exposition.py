"""Which format a scraper gets."""

import asyncio
import gzip
from collections.abc import Iterator

import pytest

from telemetry.exposition import CLASSIC, OPENMETRICS, Exposition, expose

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


class Source:
    def slices(self, *, openmetrics: bool) -> Iterator[bytes]:
        yield from (b"open", b"metrics") if openmetrics else (b"clas", b"sic")


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
async def test_openmetrics_is_for_who_asks_for_it(accept: str) -> None:
    assert await expose(Source(), accept=accept, accept_encoding="") == Exposition(
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
async def test_everybody_else_gets_classic_text(accept: str) -> None:
    assert await expose(Source(), accept=accept, accept_encoding="") == Exposition(
        body=b"classic", content_type=CLASSIC, content_encoding=""
    )


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip", "gzip;q=0.5", "GZIP"])
async def test_the_body_is_packed_for_who_can_unpack_it(accepted: str) -> None:
    shown = await expose(Source(), accept="", accept_encoding=accepted)

    assert (gzip.decompress(shown.body), shown.content_encoding) == (b"classic", "gzip")


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
async def test_nobody_else_gets_it_packed(accepted: str) -> None:
    shown = await expose(Source(), accept="", accept_encoding=accepted)

    assert shown.content_encoding == ""


async def test_the_loop_turns_between_slices() -> None:
    told = []

    class Telling:
        def slices(self, *, openmetrics: bool) -> Iterator[bytes]:
            for number in range(3):
                told.append(f"slice {number}")
                asyncio.get_running_loop().call_soon(told.append, f"turn {number}")
                yield b"."

    await expose(Telling(), accept="", accept_encoding="")

    assert told == ["slice 0", "turn 0", "slice 1", "turn 1", "slice 2", "turn 2"]

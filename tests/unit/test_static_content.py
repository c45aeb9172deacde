"""Answers that never change: compressed where that is wanted, not sent again where it is not."""

import gzip
from collections.abc import Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.docs_page.static_content import StaticContent, accepts_gzip, serving, static_content

CONTENT = static_content(b"{}", "application/json")
ALWAYS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "ETag": f'W/"{CONTENT.etag}"',
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


async def load() -> StaticContent:
    return CONTENT


async def answer(**headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await serving(load)(make_mocked_request("GET", "/", headers=named))
    assert isinstance(response, web.Response)
    return response


async def test_it_is_sent_plain_to_who_takes_nothing_else() -> None:
    response = await answer()

    assert (response.status, response.headers, response.body) == (
        200,
        CIMultiDict(ALWAYS),
        b"{}",
    )


async def test_it_is_sent_compressed_to_who_takes_gzip() -> None:
    response = await answer(Accept_Encoding="br, gzip")

    assert (response.status, response.headers["Content-Encoding"]) == (200, "gzip")
    assert isinstance(response.body, bytes)
    assert gzip.decompress(response.body) == b"{}"


@pytest.mark.parametrize("tag", [f'W/"{CONTENT.etag}"', f'"other", "{CONTENT.etag}"', "*"])
async def test_it_is_not_sent_again_to_who_has_it(tag: str) -> None:
    response = await answer(If_None_Match=tag)

    assert (response.status, response.headers, response.body) == (304, CIMultiDict(ALWAYS), None)


async def test_it_is_sent_to_who_has_another() -> None:
    response = await answer(If_None_Match='W/"other"')

    assert response.status == 200


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP;q=0.1", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*;q=0, gzip", True),
        ("*, gzip; q=0", False),
        ("br, deflate", False),
        ("gzip;q=none", False),
    ],
)
def test_a_header_allows_gzip_or_does_not(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted

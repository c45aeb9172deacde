"""What a caller accepts, and what a body may be, from headers alone."""

import asyncio
from collections.abc import Coroutine

import pytest
from aiohttp import web
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from middleware.errors import NotAcceptable, TooLarge, UnsupportedMediaType
from server.requests.negotiation import JSON_TYPES, PATCH_TYPES, of_body, require_acceptable
from tests.exchanges import exchange_of


def request(*pairs: tuple[str, str]) -> web.Request:
    return make_mocked_request("GET", "/", headers=CIMultiDict(pairs))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["*/*"],
        [""],
        ["application/json"],
        ["text/html", "application/json;q=0.1"],
        ["text/html;q=1, application/*;q=0.5;x=y"],
        ["*/*;q=0, application/json"],
        ["application/json; charset=utf-8"],
    ],
)
def test_json_is_accepted(lines: list[str]) -> None:
    require_acceptable(request(*(("Accept", line) for line in lines)))


@pytest.mark.parametrize(
    "lines",
    [
        ["text/html"],
        ["*/*;q=0"],
        ["*/*, application/json;q=0.0"],
        ["application/*;q=0, */*"],
        ["application/json;q=0", "*/*"],
    ],
)
def test_json_is_ruled_out(lines: list[str]) -> None:
    with pytest.raises(NotAcceptable):
        require_acceptable(request(*(("Accept", line) for line in lines)))


@pytest.mark.parametrize(
    ("pairs", "place"),
    [
        ([], "Content-Type"),
        ([("Content-Type", "text/json")], "Content-Type"),
        ([("Content-Type", "application/json; charset=latin-1")], "Content-Type"),
        ([("Content-Type", "application/json"), ("Content-Encoding", "gzip")], "Content-Encoding"),
    ],
)
def test_a_body_of_another_type_is_refused_unread(pairs: list[tuple[str, str]], place: str) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        of_body(request(*pairs), JSON_TYPES, maximum_bytes=10, read=bytes)

    assert [fault.header for fault in caught.value.faults] == [place]


async def test_a_body_that_says_it_is_too_long_is_refused_unread() -> None:
    announced = exchange_of("/", "PATCH", "Content-Type: application/merge-patch+json", "Content-Length: 11")
    announced._payload = StreamReader(announced.protocol, 2**16, loop=asyncio.get_running_loop())
    reading = of_body(announced, PATCH_TYPES, maximum_bytes=10, read=bytes)
    assert isinstance(reading, Coroutine)

    with pytest.raises(TooLarge) as caught:
        await reading

    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("", "too_large")]

"""What is sent to an upstream: where it goes, what it bears, and what cannot be said."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from yarl import URL

from middleware.errors import Malformed
from server.upstreams.outgoing import Sending, outgoing

BASE = URL("https://pay.example.com/v1")


class Colour(Enum):
    RED = "red"


def url_of(path: str, *, base: URL = BASE, **sending: Any) -> str:
    return str(outgoing("GET", base, path=path, sending=Sending(**sending)).url)  # type: ignore[typeddict-item]  # made of what a test says


@pytest.mark.parametrize(
    ("path", "sending", "address"),
    [
        ("/charges", {}, "/charges"),
        ("/charges/", {}, "/charges/"),
        ("/", {}, "/"),
        ("/a/{id}/b/{id}", {"values": {"id": 7}}, "/a/7/b/7"),
        ("/a/{id}", {"values": {"id": "x/y?z#%2e @é"}}, "/a/x%2Fy%3Fz%23%252e%20%40%C3%A9"),
        ("/a/{when}", {"values": {"when": datetime(2026, 1, 2, tzinfo=UTC)}}, "/a/2026-01-02T00%3A00%3A00.000000Z"),
        ("/a", {"query": {"q": "a&b=c", "n": None, "tag": ["x", "y"]}}, "/a?q=a%26b%3Dc&tag=x&tag=y"),
        ("/a", {"query": {"p": Decimal("1.50"), "c": Colour.RED, "t": True, "i": 7}}, "/a?p=1.50&c=red&t=true&i=7"),
    ],
)
def test_a_path_its_values_and_the_query_make_the_address(path: str, sending: Any, address: str) -> None:
    assert url_of(path, **sending) == f"{BASE}{address}"


def test_a_base_url_without_a_path_will_do() -> None:
    assert url_of("/charges", base=URL("http://127.0.0.1:8090")) == "http://127.0.0.1:8090/charges"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "charges",
        "//evil.example.com/x",
        "http://evil.example.com/x",
        "/a/../b",
        "/..",
        "/a/./b",
        "/a//b",
        "/a//",
        "/a%2f..",
        "/a?b=c",
        "/a#b",
        "/a\\b",
        "/a b",
        "/a\r\nX: y",
        "/a\n",
        "/@evil.example.com/..",
        "/{id}",
        "/{",
        "/}a{",
        "/{Id}",
    ],
)
def test_a_path_leads_nowhere_but_below_the_base_url(path: str) -> None:
    with pytest.raises(ValueError, match=r"is no path|name different places"):
        url_of(path)


@pytest.mark.parametrize("value", ["", ".", "..", "../x", "a/../b", "..\\x", "a/", "\ud800"])
def test_a_value_no_address_can_hold_is_the_caller_s_fault(value: str) -> None:
    with pytest.raises(Malformed, match="can stand in no address"):
        url_of("/a/{id}", values={"id": value})


def test_what_is_no_text_is_the_caller_s_fault_in_a_query_too() -> None:
    with pytest.raises(Malformed, match="can stand in no address"):
        url_of("/a", query={"q": "\ud800"})


@pytest.mark.parametrize("text", ["a\r\nX-Admin: 1", "a\n", "\x00", "\x7f", "\ud800"])
def test_a_key_that_would_end_its_header_is_the_caller_s_fault_and_any_other_such_value_a_bug(text: str) -> None:
    with pytest.raises(Malformed, match="can stand in no header"):
        outgoing("POST", BASE, path="/a", sending={"idempotency_key": text})
    with pytest.raises(ValueError, match=r"^the header X-Note has a value that no header can hold$"):
        outgoing("POST", BASE, path="/a", sending={"headers": {"X-Note": text}})


def test_a_value_nobody_asked_for_is_a_bug() -> None:
    with pytest.raises(ValueError, match="name different places"):
        url_of("/a", values={"id": 7})


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_what_frames_a_request_is_not_for_a_handler_to_say(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        outgoing("GET", BASE, path="/a", sending={"headers": {name: "x"}})


def test_a_body_is_json_or_bytes_and_not_both() -> None:
    with pytest.raises(ValueError, match="either json or data"):
        outgoing("POST", BASE, path="/a", sending={"json": {}, "data": b""})


@pytest.mark.parametrize(
    ("method", "sending", "ends"),
    [
        ("GET", {}, (True, True)),
        ("HEAD", {}, (True, True)),
        ("OPTIONS", {}, (True, True)),
        ("PUT", {}, (False, True)),
        ("DELETE", {}, (False, True)),
        ("POST", {}, (False, False)),
        ("PATCH", {}, (False, False)),
        ("POST", {"idempotency_key": ""}, (False, False)),
        ("POST", {"idempotency_key": "k"}, (False, True)),
        ("PATCH", {"headers": {"idempotency-key": "k"}}, (False, True)),
    ],
)
def test_what_may_be_repeated_follows_from_the_method_and_the_key(
    method: str, sending: Sending, ends: tuple[bool, bool]
) -> None:
    sent = outgoing(method, BASE, path="/a", sending=sending)

    assert (sent.is_read, sent.is_repeatable) == ends

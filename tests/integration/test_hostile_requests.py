"""Hostile input is refused with its place, changes nothing, breaks nothing, and is no bug of ours."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from telemetry.events import DependencyCalled, ExceptionCaught
from tests.integration.hostile_requests import SQL, Hostile, hostile_bodies, hostile_fields, hostile_queries
from tests.integration.rest_client import Client


def named(requests: Iterator[Hostile]) -> list[object]:
    """Parameters of a test, by name."""
    return [pytest.param(one, id=ascii(one.name)) for one in requests]


@pytest.mark.parametrize("request_", named(hostile_bodies()))
async def test_a_hostile_body_is_refused(warehouse: Client, request_: Hostile) -> None:
    await refused(warehouse, request_)


@pytest.mark.parametrize("request_", named(hostile_fields()))
async def test_a_wrong_value_is_refused_at_its_place(warehouse: Client, request_: Hostile) -> None:
    await refused(warehouse, request_)


@pytest.mark.parametrize("request_", named(hostile_queries()))
async def test_a_hostile_query_is_refused(warehouse: Client, request_: Hostile) -> None:
    await refused(warehouse, request_)


async def refused(warehouse: Client, hostile: Hostile) -> None:
    """Send it and see that it was refused before anything was asked of Postgres."""
    reply = await warehouse.send(hostile.method, hostile.path, body=hostile.body, headers=hostile.headers)

    assert reply.status in (400, 404, 413, 422), reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert 1 <= len(reply.faults) <= 100
    assert all(fault["detail"] for fault in reply.json["errors"])
    assert warehouse.events.of(ExceptionCaught) == []
    assert warehouse.events.of(DependencyCalled) == []


@pytest.mark.parametrize("fragment", SQL)
async def test_sql_is_a_text_like_any_other(warehouse: Client, fragment: str) -> None:
    made = await warehouse.made("/things", name=fragment, tags=[fragment], extra={fragment: fragment}, shelf=fragment)
    await warehouse.made("/categories", code=fragment, title=fragment)
    parameter = "".join(f"%{byte:02X}" for byte in fragment.encode())

    for query in ("name=", "name[in]=x,", "name[contains]=", "name[gte]="):
        value = parameter if "in" not in query or '"' not in fragment else "x"
        found = await warehouse.get(f"/things?{query}{value}")
        assert found.status == 200, found.body
    assert (await warehouse.get(f"/things?name={parameter}")).json["items"] == [made]
    assert (await warehouse.get(f"/categories/{parameter}")).json["code"] == fragment
    assert warehouse.events.of(ExceptionCaught) == []


async def test_the_connection_lives_through_a_hostile_body(warehouse: Client) -> None:
    async with warehouse.connected() as (reader, writer):
        for body in (b"{", b'{"name":"\xff"}', b"[" * 1_000, b'{"name":"one"}'):
            lines = (
                "POST /makers HTTP/1.1",
                "Host: x",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            )
            writer.write("\r\n".join((*lines, "", "")).encode() + body)
            status = await reader.readline()
            headers = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[16:]) for line in headers.split(b"\r\n") if line.startswith(b"Content-Length: "))
            await reader.readexactly(length)

    assert status == b"HTTP/1.1 201 Created\r\n"


def _head(*lines: str, target: str = "/makers", method: str = "POST") -> bytes:
    given = ["Host: x", "Content-Type: application/json", "Connection: close", *lines]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *given, "", ""]).encode("utf-8", "surrogateescape")


BODY = b'{"name":"one"}'
RAW: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "a length of a terabyte": (_head(f"Content-Length: {2**40}"), (413,)),
    "a length beyond 64 bits": (_head(f"Content-Length: {2**64}") + BODY, (400,)),
    "a negative length": (_head("Content-Length: -1") + BODY, (400,)),
    "a length that is none": (_head("Content-Length: x") + BODY, (400,)),
    "two lengths": (_head("Content-Length: 14", "Content-Length: 15") + BODY, (400,)),
    "length and chunks": (_head("Content-Length: 14", "Transfer-Encoding: chunked") + b"0\r\n\r\n", (400,)),
    "chunks twice": (_head("Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n", (400,)),
    "packed chunks": (_head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", (400, 415)),
    "a chunk of no size": (_head("Transfer-Encoding: chunked") + b"zz\r\n\r\n", (400,)),
    "chunks over the limit": (
        _head("Transfer-Encoding: chunked") + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 17 + b"0\r\n\r\n",
        (413,),
    ),
    "a space before the colon": (_head("Content-Length : 14") + BODY, (400,)),
    "a folded header": (_head("X-A: b\r\n c", "Content-Length: 14") + BODY, (400, 201)),
    "a NUL in a header": (_head("X-A: b\0c", "Content-Length: 14") + BODY, (400,)),
    "a bare carriage return": (_head("X-A: b\rX-B: c", "Content-Length: 14") + BODY, (400,)),
    "a header without a name": (_head(": b", "Content-Length: 14") + BODY, (400,)),
    "a header of 10,000": (_head(f"X-A: {'b' * 10_000}", "Content-Length: 14") + BODY, (431,)),
    "300 headers": (_head(*[f"X-{place}: 1" for place in range(300)], "Content-Length: 14") + BODY, (431,)),
    "an address of 10,000": (_head(target="/makers?name=" + "x" * 10_000, method="GET"), (414,)),
    "version 3": (b"GET /makers HTTP/3.0\r\nHost: x\r\nConnection: close\r\n\r\n", (400, 505)),
    "a space in the address": (_head(target="/makers x", method="GET"), (400,)),
    "a NUL in the address": (_head(target="/categories/a\0b", method="GET"), (400, 404)),
    "a bare byte in the address": (_head(target="/categories/a\udcff", method="GET"), (400, 404)),
    "a bare byte in the query": (_head(target="/makers?name=a\udcff", method="GET"), (400,)),
    "an address of no host": (b"GET http://[::1]999@/ HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
    "a port of none": (b"GET http://x:port/makers/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (400, 404)),
    "a star": (_head(target="*", method="GET"), (400, 404)),
    "an address of another host": (_head(target="http://evil.example/makers/x", method="GET"), (400, 404)),
    "another scheme": (_head(target="ftp://x/makers/x", method="GET"), (400, 404)),
    "dots": (_head(target="/makers/../../etc/passwd", method="GET"), (400, 404)),
    "packed dots": (_head(target="/makers/%2e%2e/%2e%2e/etc/passwd", method="GET"), (400, 404)),
    "backslashes": (_head(target="/makers\\..\\x", method="GET"), (400, 404)),
    "two slashes": (_head(target="//evil.example/makers", method="GET"), (400, 404)),
    "a method of none": (_head(method="G<T"), (400, 405)),
    "a method of our own": (_head(method="BREW"), (405, 400)),
    "CONNECT": (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (400, 404, 405)),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 32 + b"\r\n\r\n", (400,)),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 404, 405, 505)),
    "two hosts": (_head("Host: y", method="GET", target="/makers/x"), (400, 404)),
    "a split answer": (_head(target="/makers/x%0d%0aSet-Cookie:%20a=b", method="GET"), (404,)),
    "a split answer by a request id": (
        _head("X-Request-ID: a%0d%0aX-Evil: 1", target="/makers/x", method="GET"),
        (404,),
    ),
    "an expectation": (_head("Expect: 200-maybe", "Content-Length: 14") + BODY, (417,)),
}


@pytest.mark.parametrize(("sent", "statuses"), [pytest.param(*value, id=name) for name, value in RAW.items()])
async def test_bytes_that_are_no_request_of_ours_are_refused(
    warehouse: Client, sent: bytes, statuses: tuple[int, ...]
) -> None:
    answer = await warehouse.raw(sent)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split(b" ", 2)[1]) in statuses, answer
    assert b"evil" not in head.lower()
    assert b"Set-Cookie" not in head
    assert body.startswith(b'{"type":')
    assert warehouse.events.of(ExceptionCaught) == []
    assert await warehouse.count() == 0


@pytest.mark.parametrize(
    "text", ["[" * 1_500, "[" * 900 + "]" * 900, '{"a":' * 300 + "1" + "}" * 300, '"\\ud800"', "NaN"]
)
async def test_what_is_no_json_of_ours_is_a_word_to_look_for(warehouse: Client, text: str) -> None:
    reply = await warehouse.get(f"/things?extra={quote(text)}")

    assert (reply.status, reply.json["items"]) == (200, [])


async def test_chunks_below_the_limit_are_a_body(warehouse: Client) -> None:
    sent = _head("Transfer-Encoding: chunked") + b"7\r\n" + BODY[:7] + b"\r\n7\r\n" + BODY[7:] + b"\r\n0\r\n\r\n"

    answer = await warehouse.raw(sent)

    assert answer.startswith(b"HTTP/1.1 201 ")

"""Compiled, it is the same program: it answers what the source answers, to good requests and to bad ones."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.compiled import BUILT
from tests.acceptance.service_process import ServiceProcess, service
from tests.acceptance.smuggled_requests import AMBIGUOUS
from tests.environment import lack
from tests.source_tree import PROJECT

QUICKSTART = PROJECT / "examples" / "quickstart" / "service.py"
CACHED = PROJECT / "tests" / "acceptance" / "cached_service.py"
EXPECT = "Expect: 100-continue"
PATIENCE_SECONDS = 30
_SIZE = re.compile(rb"(?im)^content-length: (\d+)")
_OF_ONE_ANSWER = re.compile(
    rb"(?im)^(date|etag|link|server-timing|x-request-id|traceparent|ratelimit|x-ratelimit[^:]*|age): .*$"
    rb"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    rb"|\"(request_id|trace_id|next|created_at|updated_at)\": ?\"[^\"]*\""
)


def _get(target: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def _write(target: str, body: str, *headers: str, method: str = "POST") -> bytes:
    size = f"Content-Length: {len(body.encode())}"
    return _get(target, "Content-Type: application/json", size, *headers, method=method) + body.encode()


GOOD = '{"sku": "TEA-1", "name": "Tea", "price": "3.50", "stock": 7, "tags": ["green"]}'
REQUESTS: Mapping[str, bytes] = {
    **AMBIGUOUS,
    "an empty list": _get("/products"),
    "a record": _write("/products", GOOD),
    "one twice": _write("/products", GOOD),
    "one with a key": _write("/products", GOOD.replace("TEA-1", "TEA-2"), "Idempotency-Key: tea-2"),
    "its repeat": _write("/products", GOOD.replace("TEA-1", "TEA-2"), "Idempotency-Key: tea-2"),
    "the key of another": _write("/products", GOOD.replace("TEA-1", "TEA-3"), "Idempotency-Key: tea-2"),
    "a list": _get("/products?limit=1&sort=sku"),
    "a filter": _get("/products?filter[price][gte]=3&fields=sku"),
    "a head": _get("/products", method="HEAD"),
    "options": _get("/products", method="OPTIONS"),
    "no such record": _get("/products/0197f3f5-6d2c-7c3a-9f4e-000000000001"),
    "no key at all": _get("/products/tea"),
    "no such address": _get("/product"),
    "a method that it has not": _get("/products", method="PURGE"),
    "an unknown parameter": _get("/products?colour=red"),
    "a wrong value": _write("/products", GOOD.replace('"3.50"', '"cheap"')),
    "an unknown field": _write("/products", GOOD.replace('"stock"', '"stok"')),
    "no JSON": _write("/products", "{"),
    "a body of another kind": _get("/products", "Content-Type: text/plain", "Content-Length: 2", method="POST") + b"hi",
    "nothing that is accepted": _get("/products", "Accept: image/png"),
    "a precondition that fails": _write("/products", GOOD, 'If-Match: "1"'),
    "another's host": _get("/products").replace(b"Host: localhost", b"Host: a b"),
    "no host": _get("/products").replace(b"Host: localhost\r\n", b""),
    "an older protocol": _get("/products").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "two at once": _get("/products?limit=1") + _get("/products/tea"),
    "long headers": _get("/products", "X-Long: " + "x" * 9_000),
    "a long address": _get("/products?" + "x" * 9_000),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a token that is none": _get("/products", "Authorization: Bearer x.y.z"),
    "a trace of the caller's": _get(
        "/products", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ),
}


@pytest.fixture(scope="module")
def built() -> Path:
    """The folder of the compiled packages, made from what lies here."""
    program = [sys.executable, str(PROJECT / "deploy" / "compiled.py")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    if done.returncode:
        lack(done.stderr)
    return BUILT


@pytest.fixture(scope="module")
async def both(built: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[ServiceProcess, ...]]:
    """The source, served, and what was compiled of it."""
    async with AsyncExitStack() as held:
        yield tuple(
            [
                await held.enter_async_context(
                    service(QUICKSTART, tmp_path_factory.mktemp("s"), packages=str(packages))
                )
                for packages in (PROJECT, built)
            ]
        )


async def _answer(running: ServiceProcess, request: bytes) -> bytes:
    """The first answer."""
    address = urlsplit(running.base_url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        size = _SIZE.search(head)
        body = await reader.readexactly(int(size[1])) if size and not request.startswith(b"HEAD") else b""
        writer.close()
    return head + body


async def _answered(running: ServiceProcess, request: bytes) -> bytes:
    """The same, without what is of one answer alone."""
    return _OF_ONE_ANSWER.sub(b"", await _answer(running, request))


async def _statuses(running: ServiceProcess, target: str) -> set[bytes]:
    """What many who ask at once, and again, are answered with."""
    return {
        answer.split(b"\r\n")[0]
        for _ in range(8)
        for answer in await asyncio.gather(*(_answer(running, _get(target)) for _ in range(25)))
    }


def test_what_is_compiled_is_what_is_imported(built: Path) -> None:
    wanted = "import middleware.inbound.turns as turns; print(turns.__file__)"

    found = subprocess.run(
        [sys.executable, "-P", "-c", wanted], env={"PYTHONPATH": str(built)}, capture_output=True, text=True, check=True
    )

    assert (found.stdout.startswith(str(built)), found.stdout.endswith(".so\n")) == (True, True)


async def test_it_answers_what_the_source_answers(both: tuple[ServiceProcess, ...]) -> None:
    source, compiled = both

    answers = {
        name: (await _answered(source, sent), await _answered(compiled, sent)) for name, sent in REQUESTS.items()
    }

    assert {name: (ours, theirs) for name, (ours, theirs) in answers.items() if ours != theirs} == {}


async def test_many_at_once_are_all_answered(both: tuple[ServiceProcess, ...]) -> None:
    _, compiled = both
    made = await _answer(compiled, _write("/products", GOOD.replace("TEA-1", "TEA-4")))
    _, _, place = made.partition(b"Location: ")

    for target in ("/products?limit=1", place.partition(b"\r\n")[0].decode()):
        assert await _statuses(compiled, target) == {b"HTTP/1.1 200 OK"}


async def test_a_body_that_comes_once_it_is_asked_for_is_read(both: tuple[ServiceProcess, ...]) -> None:
    body = GOOD.replace("TEA-1", "TEA-5").encode()
    asked = _get("/products", "Content-Type: application/json", f"Content-Length: {len(body)}", EXPECT, method="POST")
    for running in both:
        address = urlsplit(running.base_url)
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.write(asked)
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            assert await reader.readline() == b"HTTP/1.1 201 Created\r\n"
            writer.close()


async def test_what_is_cached_is_answered_again_and_again(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with service(CACHED, tmp_path_factory.mktemp("s"), packages=str(built)) as compiled:
        await _answer(compiled, _write("/things", '{"thing_id": 1, "name": "one"}'))

        assert await _statuses(compiled, "/kept/things/1") == {b"HTTP/1.1 200 OK"}
        assert b"; hit" in await _answer(compiled, _get("/kept/things/1"))

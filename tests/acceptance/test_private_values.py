"""What is private stays so: planted everywhere a caller can put it, found in nothing the real process writes down."""

import secrets
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.service_process import ServiceProcess, mainstay, service
from tests.sentry_sink import sentry_sink

CLINIC = Path(__file__).with_name("clinic.py")
CANARY = 'canary-größe-"7"-O\'Hara'
STREET, PHONE = "Kanarienweg 44", "+41 77 777 77 77"
CANARIES = ("canary", "größe", "gr\\u00f6", "gr\\xf6", "O'Hara", "Kanarienweg", "777 77 77", "987654.32", "Schnupfen")
PATIENT: dict[str, Any] = {
    "number": 1,
    "email": f"{CANARY}@example.org",
    "illness": "Schnupfen",
    "contact": {"street": STREET, "phone": PHONE},
    "debt": "987654.32",
}


async def test_no_private_value_is_written_down(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    async with service(CLINIC, data_dir / "data", LOG_LEVEL="debug") as running:
        told = await everything_provoked(running)
        metrics = await text_of(f"{running.admin_url}/metrics")
        log = running.log.read_text()
    servers = "".join(path.read_text() for path in (data_dir / "data").glob("*.log"))

    assert log.count("exception_caught") >= 4
    assert "[private]" in log
    for name, text in {"problems": told, "metrics": metrics, "log": log, "servers' logs": servers}.items():
        assert [canary for canary in CANARIES if canary in text] == [], name


async def test_no_private_value_of_a_file_is_told(data_dir: Path, tmp_path: Path) -> None:
    row = f'{{"number": 1, "email": "{STREET}@example.org"}}\n'
    (tmp_path / "patient.ndjson").write_text(row + row.replace("1", "2"))

    loaded = await mainstay("load", str(CLINIC), str(tmp_path), data_dir=data_dir)

    assert "patient.ndjson:2 /email: line 1 has this already" in loaded.output + loaded.errors
    assert "Kanarienweg" not in loaded.output + loaded.errors


class Planted:
    """A word of its own for each place in a request, so that a leak tells where it came from."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        return self.words.setdefault(place, f"canary{secrets.token_hex(6)}{place.replace('-', '')}")

    def found_in(self, text: str, *, but: frozenset[str] = frozenset()) -> list[str]:
        """The places whose words a text repeats."""
        return [place for place, word in self.words.items() if word in text.lower() and place not in but]


async def test_nothing_that_a_request_brings_is_written_down_anywhere(data_dir: Path) -> None:
    planted = Planted()
    data_dir.mkdir(mode=0o700)
    with sentry_sink() as sink:
        async with service(CLINIC, data_dir / "data", LOG_LEVEL="debug", SENTRY_DSN=sink.dsn) as running:
            told = await everything_brought(running, planted)
            await sink.event()
            shown = {
                "metrics": await text_of(f"{running.admin_url}/metrics"),
                "last requests": await text_of(f"{running.admin_url}/debug/requests"),
            }
        log = running.log.read_text()
    shown |= {"log": log, "reports": b"".join(sink.envelopes).decode()}
    shown["servers' logs"] = "".join(path.read_text() for path in (data_dir / "data").glob("*.log"))

    assert log.count("exception_caught") >= 4
    assert {name: found for name, text in shown.items() if (found := planted.found_in(text))} == {}
    assert planted.found_in(told, but=NAMES_OF_THE_CALLERS) == []


NAMES_OF_THE_CALLERS = frozenset({"body-name", "query-name"})
"""A caller is told which of its names nobody declared: it has just sent them."""


async def everything_brought(running: ServiceProcess, planted: Planted) -> str:
    """Send a word in every place there is, to what fails in every way; all the problem documents."""
    brought: dict[str, str] = {
        name: planted(name)
        for name in ("User-Agent", "Referer", "X-Anything", "Accept-Language", "If-Match", "Prefer", "Forwarded")
    }
    brought |= {
        "Cookie": f"{planted('cookie-name')}={planted('cookie-value')}; theme=dark",
        "Idempotency-Key": f'"{planted("idempotency-key")}"',
        "traceparent": f"00-{planted('traceparent')}-01",
        "X-Request-ID": f"<{planted('request-id')}>",
        "X-Forwarded-For": planted("forwarded-for"),
        "Origin": f"https://{planted('origin')}.example",
    }
    placed = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "tracestate": f"vendor={planted('tracestate')}"}
    refused = {"Authorization": f"Bearer {planted('bearer')}"}
    as_a_token = {"Authorization": f"Bearer eyJhbGciOiJub25lIn0.{planted('token')}.x"}
    query = {planted("query-name"): planted("query-value")}
    path = f"/blurt/{planted('path')}"
    body = {planted("body-name"): [{"deep": planted("body-value")}], "about": planted("private-value")}
    form = f"{planted('form-name')}={planted('form-value')}&x=1"
    parts = aiohttp.FormData()
    parts.add_field(planted("part-name"), planted("part-value"), content_type="text/plain")
    problems = []
    async with aiohttp.ClientSession(running.base_url) as client:
        asked: list[tuple[str, str, int, dict[str, Any]]] = [
            ("GET", path, 500, {"headers": brought, "params": {"q": f"a {planted('asked')!r}"}}),
            ("GET", path, 400, {"headers": brought, "params": query}),
            ("POST", path, 500, {"headers": brought | placed, "json": body}),
            ("POST", path, 500, {"data": form, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
            ("POST", path, 500, {"data": parts}),
            ("POST", "/slip", 500, {"json": body, "headers": brought}),
            ("POST", "/patients", 422, {"json": body, "headers": brought}),
            ("GET", "/patients", 400, {"params": query}),
            ("GET", f"/patients/{planted('key')}", 404, {}),
            ("GET", f"/{planted('address')}", 404, {"params": query}),
            ("GET", "/patients", 401, {"headers": brought | refused}),
            ("GET", "/patients", 401, {"headers": brought | as_a_token}),
            (planted("method").upper(), "/patients", 400, {}),
        ]
        for method, address, status, more in asked:
            async with client.request(method, address, **more) as answer:
                problems.append(await answer.text())
                assert answer.status == status, (method, address, answer.status, problems[-1])
    return "\n".join(problems)


async def everything_provoked(running: ServiceProcess) -> str:
    """All the problem documents that a tour through every kind of failure brings."""
    async with aiohttp.ClientSession(running.base_url) as client:
        problems: list[str] = []

        async def ask(method: str, path: str, status: int, **more: Any) -> Any:
            async with client.request(method, path, **more) as answer:
                assert answer.status == status, await answer.text()
                if answer.content_type == "application/problem+json":
                    problems.append(await answer.text())
                    return None
                return await answer.json()

        made = await ask("POST", "/patients", 201, json=PATIENT)
        await ask("POST", "/patients", 409, json={**PATIENT, "number": 2})
        await ask("POST", "/patients", 422, json={**PATIENT, "number": 2, "email": CANARY * 9, "debt": CANARY})
        await ask("POST", "/patients", 422, json={**PATIENT, "contact": {"street": STREET, "phone": STREET}})
        await ask("POST", "/patients", 500, json={**PATIENT, "number": 3, "debt": "2000000"})
        await ask("PATCH", f"/patients/{made['id']}", 500, json={"debt": "2000000"})
        await ask("GET", "/patients", 200, params={"illness": PATIENT["illness"], "email": PATIENT["email"]})
        await ask("GET", "/patients", 400, params={"illness[near]": PATIENT["illness"]})
        await ask("GET", "/patients", 400, params={"sort": "email", "email[in]": f'"{CANARY}'})
        await ask("POST", "/slip", 500, json={"about": CANARY})
        await ask("POST", "/slip", 422, json={"about": [CANARY]})
        await ask("GET", "/gossip", 500)
        await ask("GET", "/misread", 500)
        return "\n".join(problems)


async def text_of(url: str) -> str:
    """What is at an address."""
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return await answer.text()

"""What is private stays so: planted everywhere a caller can put it, found in nothing the real process writes down."""

from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.service_process import ServiceProcess, mainstay, service

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

"""Encrypted fields on the real process: plain to callers, unreadable in every file that its servers write."""

from pathlib import Path
from typing import Any

import pytest
from redis import asyncio as aioredis

from storage.embedded import running_postgres, running_valkey
from tests.acceptance.http_pages import Api, api
from tests.acceptance.service_process import mainstay, service
from tests.integration.sql import ask, run_sql

VAULT = Path(__file__).with_name("vault.py")
IBAN, CODE, PURPOSE = "CH93 0076 2011 CANARY 1", "code-CANARY-2", "purpose-CANARY-3"


async def test_what_callers_read_lies_nowhere_in_the_clear(data_dir: Path) -> None:
    async with service(VAULT, data_dir) as running, api(running.base_url) as vault:
        account = await stored(vault)
        path = f"/accounts/{account['id']}"
        patched = (await vault("PATCH", path, {"code": "other-CANARY"}, Idempotency_Key="one-patch")).body
        repeated = (await vault("PATCH", path, {"code": "other-CANARY"}, Idempotency_Key="one-patch")).body
        told = (await vault("POST", "/tell", {"id": account["id"]}, Idempotency_Key="one-tale")).body
        retold = (await vault("POST", "/tell", {"id": account["id"]}, Idempotency_Key="one-tale")).body
        listed = [(await vault("GET", "/accounts")).body["items"] for _ in range(2)]
        (transfer,) = (await vault("GET", "/transfers?expand=account")).body["items"]
        log = running.log.read_text()

    assert (account["iban"], account["code"]) == (IBAN, CODE)
    assert patched == repeated == told == retold == {**account, "code": "other-CANARY"} | changed(patched)
    assert listed == [[patched], [patched]]
    assert (transfer["purpose"], transfer["account"]) == (PURPOSE, patched)
    assert "CANARY" not in log
    assert [path.name for path in data_dir.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()] == []


async def test_keys_are_changed_while_the_service_runs(data_dir: Path) -> None:
    old, new = [(await mainstay("encryption", "key", data_dir=data_dir)).output.strip() for _ in range(2)]
    new = new.replace(":", "-b:", 1)
    async with service(VAULT, data_dir, ENCRYPTION_KEYS=old) as running, api(running.base_url) as vault:
        account = await stored(vault)
        dsn = running_postgres(data_dir)
        await run_sql(dsn, "UPDATE account SET code = 'written before'")
        cached = (await vault("GET", f"/accounts/{account['id']}")).body

        rotated = await mainstay("encryption", "rotate", str(VAULT), data_dir=data_dir, ENCRYPTION_KEYS=f"{new},{old}")
        left = await ask(dsn, "SELECT count(*) FROM account WHERE iban NOT LIKE 'mainstay:1:%-b:%'")
        async with aioredis.from_url(running_valkey(data_dir)) as valkey:
            left_in_cache = await valkey.keys("mainstay:cache:*")
    async with service(VAULT, data_dir, ENCRYPTION_KEYS=new) as running, api(running.base_url) as vault:
        now = (await vault("GET", f"/accounts/{account['id']}")).body

    assert rotated.code == 0, rotated.errors
    assert rotated.errors.count(": 1 encrypted anew with") == 3
    assert (left, left_in_cache) == ((0,), [])
    assert now == cached == {**account, "code": "written before"}


@pytest.mark.parametrize(("name", "told"), [("other", "there is no key one"), ("one", "another key of the same name")])
async def test_nothing_is_served_or_rotated_with_other_keys_than_the_database_has(
    data_dir: Path, name: str, told: str
) -> None:
    keys = [(await mainstay("encryption", "key", data_dir=data_dir)).output.strip().split(":")[1] for _ in range(2)]
    async with service(VAULT, data_dir, ENCRYPTION_KEYS=f"one:{keys[0]}") as running, api(running.base_url) as vault:
        await stored(vault)
    other = f"{name}:{keys[1]}"

    served = await mainstay("serve", str(VAULT), data_dir=data_dir, ENCRYPTION_KEYS=other, PORT="0", ADMIN_PORT="0")
    rotated = await mainstay("encryption", "rotate", str(VAULT), data_dir=data_dir, ENCRYPTION_KEYS=other)

    assert (served.code, rotated.code) == (1, 1)
    for errors in (served.errors, rotated.errors):
        assert "MAINSTAY_ENCRYPTION_KEYS: these are not the keys of this database." in errors
        assert told in errors


async def test_your_own_postgres_takes_a_key_of_yours(database: str, data_dir: Path) -> None:
    missing = await mainstay("serve", str(VAULT), data_dir=data_dir, POSTGRES_DSN=database, MIGRATE="safe")
    unfit = await mainstay("serve", str(VAULT), data_dir=data_dir, POSTGRES_DSN=database, ENCRYPTION_KEYS="a:CANARY")

    assert (missing.code, unfit.code) == (1, 1)
    assert "Account.iban, Account.code, Transfer.purpose are Encrypted(), and there is no key." in missing.errors
    assert "mainstay encryption key" in missing.errors
    assert "MAINSTAY_ENCRYPTION_KEYS: key a is not base64." in unfit.errors
    assert "CANARY" not in unfit.errors


async def test_a_file_is_loaded_encrypted(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "account.ndjson").write_text(f'{{"holder": "Ada", "iban": "{IBAN}"}}\n')
    loaded = await mainstay("load", str(VAULT), str(tmp_path), data_dir=data_dir)

    async with service(VAULT, data_dir) as running, api(running.base_url) as vault:
        (account,) = (await vault("GET", "/accounts")).body["items"]
        stored_iban = await ask(running_postgres(data_dir), "SELECT iban FROM account")

    assert loaded.code == 0, loaded.errors
    assert account["iban"] == IBAN
    assert stored_iban is not None
    assert str(stored_iban[0]).startswith("mainstay:1:")


async def stored(vault: Api) -> Any:
    """An account, and a transfer that refers to it."""
    account = (await vault("POST", "/accounts", {"holder": "Ada", "iban": IBAN, "code": CODE})).body
    made = await vault("POST", "/transfers", {"account_id": account["id"], "purpose": PURPOSE})
    assert made.status == 201, made.body
    return account


def changed(record: Any) -> dict[str, object]:
    """What every change of a record changes."""
    return {name: record[name] for name in ("version", "updated_at")}

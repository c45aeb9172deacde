"""Accounts as people and operators meet them: on three replicas, under attack, and with the database stolen."""

import asyncio
import hashlib
import hmac
import os
import signal
import stat
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from server.accounts.ended_sessions import HEAR_SECONDS
from tests.acceptance.club import ADA, CLUBHOUSE, SECRET, Club
from tests.acceptance.http_pages import api
from tests.acceptance.service_process import mainstay, service
from tests.integration.sql import ask, run_sql
from tests.recorder import Recorder

PROMISED_SECONDS = 1.0
ADDRESSES, GUESSES, AT_ONCE = 20, 2_000, 24
TRIES_OF_AN_ADDRESS = 10


async def test_a_session_goes_on_at_any_replica_and_ends_at_all_within_a_second(clubhouse: Club) -> None:
    first = await clubhouse.ada()
    second = (await clubhouse.refreshed(1, first["refresh_token"])).body
    third = (await clubhouse.refreshed(2, second["refresh_token"])).body
    before = [await clubhouse.everywhere(one["access_token"]) for one in (first, second, third)]

    out = await clubhouse.replicas[0]("POST", "/identity/sign-out", {"refresh_token": third["refresh_token"]})
    seconds = [await clubhouse.until_everywhere(one["access_token"], 401) for one in (first, second, third)]

    assert (before, out.status) == ([[200] * 3] * 3, 204)
    assert sum(seconds) <= PROMISED_SECONDS


async def test_a_stolen_refresh_token_is_found_out_and_all_its_session_ends_within_a_second(
    clubhouse: Club,
) -> None:
    victim, other = await clubhouse.ada(), await clubhouse.ada(1)
    thief = (await clubhouse.refreshed(1, victim["refresh_token"])).body
    thief = (await clubhouse.refreshed(2, thief["refresh_token"])).body
    before = await clubhouse.everywhere(thief["access_token"])

    found_out = await clubhouse.refreshed(0, victim["refresh_token"])
    seconds = await clubhouse.until_everywhere(thief["access_token"], 401)

    assert (before, found_out.status) == ([200] * 3, 401)
    assert seconds <= PROMISED_SECONDS
    assert (await clubhouse.refreshed(2, thief["refresh_token"])).status == 401
    assert await clubhouse.everywhere(other["access_token"]) == [200] * 3
    assert '"event":"account_acted"' in clubhouse.running[0].log.read_text()


async def test_without_redis_a_sign_out_is_heard_of_all_the_same(clubhouse: Club) -> None:
    tokens = await clubhouse.ada()
    before = await clubhouse.everywhere(tokens["access_token"])
    os.kill(clubhouse.valkey_pid, signal.SIGSTOP)

    out = await clubhouse.replicas[0]("POST", "/identity/sign-out", {"refresh_token": tokens["refresh_token"]})
    seconds = await clubhouse.until_everywhere(tokens["access_token"], 401)

    assert (before, out.status) == ([200] * 3, 204)
    assert seconds <= HEAR_SECONDS + 5 * PROMISED_SECONDS


async def test_without_redis_an_admin_s_session_is_not_taken(clubhouse: Club, database: str) -> None:
    await run_sql(database, "UPDATE mainstay_internal.account SET roles = '{admin}'")
    tokens = await clubhouse.ada()
    before = await clubhouse.everywhere(tokens["access_token"])
    os.kill(clubhouse.valkey_pid, signal.SIGSTOP)

    await clubhouse.until_everywhere(tokens["access_token"], 503)
    os.kill(clubhouse.valkey_pid, signal.SIGCONT)
    await clubhouse.until_everywhere(tokens["access_token"], 200)

    assert before == [200] * 3


async def test_a_stolen_database_opens_nothing(clubhouse: Club, database: str) -> None:
    tokens = await clubhouse.ada()
    tokens = (await clubhouse.refreshed(1, tokens["refresh_token"])).body
    tables = ("account", "account_session", "signing_key", "secret", "kept_answer", "api_key")
    stolen = " ".join([str(await ask(database, _all_of(table))) for table in tables])
    session_id, number, _proof = tokens["refresh_token"].removeprefix("mainstay_refresh_").split("_")
    seed = await ask(database, "SELECT encode(seed, 'hex') FROM mainstay_internal.account_session")
    assert seed is not None

    forged = [
        hmac.new(key, f"{session_id}.{number}.{seed[0]}".encode(), hashlib.sha256).hexdigest()
        for key in (b"", bytes.fromhex(str(seed[0])))
    ]
    statuses = [
        (await clubhouse.refreshed(0, f"mainstay_refresh_{session_id}_{number}_{proof}")).status for proof in forged
    ]
    logs = " ".join(running.log.read_text() for running in clubhouse.running)

    assert statuses == [401, 401]
    for secret in (ADA["password"], tokens["access_token"], tokens["refresh_token"], _proof, SECRET):
        assert secret not in stolen
        assert secret not in logs
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in stolen
    assert '"d":' not in stolen.replace(" ", "")


def _all_of(table: str) -> str:
    return f"SELECT json_agg(row_to_json(one))::text FROM mainstay_internal.{table} AS one"  # noqa: S608 - ours


async def test_guesses_from_many_addresses_are_bounded_work_and_lock_nobody_out(
    database: str, data_dir: Path, fast_folder: Path, events: Recorder
) -> None:
    folder = fast_folder / f"{data_dir.name}-guessed"
    settings = {"POSTGRES_DSN": database, "MIGRATE": "safe", "ACCOUNTS_SECRET": SECRET}
    async with (
        service(CLUBHOUSE, folder, TRUSTED_PROXIES="127.0.0.0/8", **settings) as running,
        _Guesses(running.base_url) as guess,
    ):
        await guess("192.0.2.1", "/identity/sign-up", ADA)
        places = asyncio.Semaphore(AT_ONCE)

        async def attack(number: int) -> int:
            async with places:
                told = {**ADA, "password": f"guess {number}"}
                return await guess(f"198.51.100.{number % ADDRESSES}", "/identity/sign-in", told)

        attacks = [asyncio.create_task(attack(number)) for number in range(GUESSES)]
        await asyncio.wait(attacks, return_when=asyncio.FIRST_COMPLETED)
        owner = await guess("192.0.2.1", "/identity/sign-in", ADA)
        statuses = Counter(await asyncio.gather(*attacks))
        counted = await _sign_ins(running.admin_url)

    assert owner == 200
    assert sum(statuses.values()) == GUESSES
    assert set(statuses) == {401, 429}
    assert statuses[401] <= ADDRESSES * (TRIES_OF_AN_ADDRESS + 10)
    assert counted == {"ok": 1, "refused": statuses[401], "limited": statuses[429]}


class _Guesses:
    """Sends requests as from many addresses, over as many connections as it takes."""

    def __init__(self, base_url: str) -> None:
        self._session = aiohttp.ClientSession(base_url)

    async def __aenter__(self) -> "_Guesses":
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._session.close()

    async def __call__(self, address: str, path: str, body: object) -> int:
        async with self._session.post(path, json=body, headers={"X-Forwarded-For": address}) as answer:
            return answer.status


async def _sign_ins(admin_url: str) -> dict[str, int]:
    """How each sign-in ended, as the metrics tell."""
    async with aiohttp.ClientSession(admin_url) as session, session.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    start = 'account_operations_total{operation="sign_in",outcome="'
    found = {line.removeprefix(start).partition('"')[0]: line for line in lines if line.startswith(start)}
    counts = {outcome: int(float(line.rpartition(" ")[2])) for outcome, line in found.items()}
    return {outcome: count for outcome, count in counts.items() if count}


async def test_the_embedded_secret_is_the_owner_s_alone_and_outlives_a_restart(data_dir: Path) -> None:
    async with service(CLUBHOUSE, data_dir) as running, api(running.base_url) as club:
        await club("POST", "/identity/sign-up", ADA)
        tokens = (await club("POST", "/identity/sign-in", ADA)).body
    file = data_dir / "accounts.secret"
    async with service(CLUBHOUSE, data_dir) as running, api(running.base_url) as club:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        taken = await club("GET", "/letters", **bearer)
        refreshed = await club("POST", "/identity/refresh", {"refresh_token": tokens["refresh_token"]})

    assert (taken.status, refreshed.status) == (200, 200)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("settings", "code", "sentence"),
    [
        ({}, 1, "MAINSTAY_ACCOUNTS_SECRET: the service declares accounts"),
        ({"ACCOUNTS_SECRET": "short"}, 2, "MAINSTAY_ACCOUNTS_SECRET: has at least 32 characters"),
    ],
)
async def test_without_a_secret_of_its_own_it_does_not_start(
    database: str, data_dir: Path, settings: dict[str, str], code: int, sentence: str
) -> None:
    given = {"POSTGRES_DSN": database, "MIGRATE": "safe", **settings}

    finished = await mainstay("serve", str(CLUBHOUSE), data_dir=data_dir, **given)

    assert finished.code == code
    assert sentence in finished.errors
    assert "short" not in finished.errors

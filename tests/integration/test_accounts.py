"""Signing up, in and out over HTTP, and going on with a session."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from joserfc import jws
from joserfc.jwk import KeySet as JwkSet

from server import Accounts
from server.accounts.sessions import GRACE_SECONDS
from server.declaration import checked
from server.identity.key_grants import KeyWish, granted
from telemetry.events import AccountActed
from tests.integration.locked_tables import locked, until_waiting
from tests.integration.people_service import SERVICE, declaration
from tests.integration.rest_client import Client, Reply, served_service
from tests.integration.sql import ask, run_sql

GUESS = "another engine entirely"
ADA = {"name": "ada@example.org", "password": "difference engine no. 2"}


@pytest.fixture
async def people(database: str) -> AsyncIterator[Client]:
    async with served_service(declaration(), database) as client:
        yield client


async def post(client: Client, place: str, /, **values: str) -> Reply:
    return await client.send("POST", f"/identity/{place}", json=values)


async def me(client: Client, access_token: str, path: str = "/me") -> Reply:
    return await client.get(path, Authorization=f"Bearer {access_token}")


async def ada(client: Client) -> Any:
    """Ada, signed up and in."""
    assert (await post(client, "sign-up", **ADA)).status == 204
    reply = await post(client, "sign-in", **ADA)
    assert reply.status == 200, reply.body
    return reply.json


def acted(client: Client) -> list[tuple[str, str]]:
    return [(event.operation, event.outcome) for event in client.events.of(AccountActed)]


async def refreshed(client: Client, refresh_token: str) -> Reply:
    return await post(client, "refresh", refresh_token=refresh_token)


async def grow_old(client: Client, seconds: float) -> None:
    """Let every session have been refreshed so much longer ago."""
    await run_sql(
        client.dsn,
        f"UPDATE mainstay_internal.account_session SET refreshed_at = refreshed_at - interval '{seconds} seconds'",  # noqa: S608 - a number of the test
    )


async def test_who_signs_up_can_sign_in_and_is_somebody(people: Client) -> None:
    tokens = await ada(people)

    shown = await me(people, tokens["access_token"], "/identity/account")
    who = await me(people, tokens["access_token"])

    assert (tokens["token_type"], tokens["expires_in"], tokens["refresh_expires_in"]) == ("Bearer", 300, 7 * 86_400)
    assert {key: shown.json[key] for key in ("name", "roles", "tenant")} == {
        "name": "ada@example.org",
        "roles": ["member"],
        "tenant": None,
    }
    assert who.body.decode() == f"{shown.json['subject']} ['member'] None"
    assert acted(people) == [("sign_up", "ok"), ("sign_in", "ok")]


async def test_a_name_is_the_same_however_it_is_typed(people: Client) -> None:
    await ada(people)

    reply = await post(people, "sign-in", name=" ADA@Example.ORG ", password=ADA["password"])

    assert reply.status == 200


async def test_a_sign_in_that_a_new_password_overtakes_begins_no_session(people: Client) -> None:
    """What was found right a moment ago would otherwise outlive the change that was to end it."""
    await ada(people)
    changed = "UPDATE mainstay_internal.account SET password_hash = 'another'"

    with locked(people.dsn, "mainstay_internal.account", at_last=changed):
        signing_in = asyncio.create_task(post(people, "sign-in", **ADA))
        await until_waiting(people.dsn, 1)

    assert (await signing_in).status == 401
    assert await ask(people.dsn, "SELECT count(*) FROM mainstay_internal.account_session") == (1,)


async def test_a_hash_as_they_were_made_once_is_made_anew_by_those_who_sign_in_together(people: Client) -> None:
    await ada(people)
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(ADA["password"])
    await run_sql(people.dsn, f"UPDATE mainstay_internal.account SET password_hash = '{old}'")  # noqa: S608 - base 64

    together = await asyncio.gather(*(post(people, "sign-in", **ADA) for _ in range(4)))

    made = await ask(people.dsn, "SELECT password_hash FROM mainstay_internal.account")
    assert [reply.status for reply in together] == [200] * 4
    assert ("t=2" in old, "t=1" in str(made)) == (True, True)


async def test_nobody_is_told_which_accounts_there_are(people: Client) -> None:
    await ada(people)

    taken = await post(people, "sign-up", name=ADA["name"], password=GUESS)
    wrong = await post(people, "sign-in", name=ADA["name"], password=GUESS)
    unknown = await post(people, "sign-in", name="nobody@example.org", password=GUESS)
    unfit = await post(people, "sign-in", name="a b", password=GUESS)

    assert (taken.status, taken.body) == (204, b"")
    told = [{**reply.json, "request_id": "", "trace_id": ""} for reply in (wrong, unknown, unfit)]
    headers = [reply.headers["WWW-Authenticate"] for reply in (wrong, unknown, unfit)]
    assert told == [told[0]] * 3
    assert (told[0]["status"], headers) == (401, ['Bearer realm="people"'] * 3)


@pytest.mark.parametrize(
    ("name", "password", "faults"),
    [
        ("ada@example.org", "password1234", [("/password", "weak_password")]),
        ("ada.lovelace@example.org", "lovelace.ada", [("/password", "weak_password")]),
        ("a b", "password1234", [("/name", "bad_name"), ("/password", "weak_password")]),
        ("ada@example.org", "sh0rt!", [("/password", "string_too_short")]),
        ("ada@example.org", "x" * 257, [("/password", "string_too_long")]),
    ],
)
async def test_what_is_wrong_with_a_sign_up_is_told(
    people: Client, name: str, password: str, faults: list[tuple[str, str]]
) -> None:
    reply = await post(people, "sign-up", name=name, password=password)

    assert (reply.status, reply.faults) == (422, faults)
    assert password.encode() not in reply.body


async def test_a_refresh_gives_out_the_next_tokens(people: Client) -> None:
    first = await ada(people)

    second = (await refreshed(people, first["refresh_token"])).json
    third = (await refreshed(people, second["refresh_token"])).json

    assert len({one["refresh_token"] for one in (first, second, third)}) == 3
    assert (await me(people, third["access_token"])).body == (await me(people, first["access_token"])).body


async def test_a_refresh_token_that_comes_again_ends_the_session(people: Client) -> None:
    first = await ada(people)
    second = (await refreshed(people, first["refresh_token"])).json
    await grow_old(people, GRACE_SECONDS + 1)
    before = (await me(people, second["access_token"])).status

    stolen = await refreshed(people, first["refresh_token"])
    owner = await refreshed(people, second["refresh_token"])
    after = await me(people, second["access_token"], "/in")

    assert (before, stolen.status, owner.status, after.status) == (200, 401, 401, 401)
    assert stolen.json["detail"] == owner.json["detail"] == "This session has ended, or never was: sign in again."
    assert acted(people)[-2:] == [("refresh", "reused"), ("refresh", "refused")]


async def test_an_answer_that_was_lost_is_given_again_for_a_moment(people: Client) -> None:
    first = await ada(people)

    twice = await asyncio.gather(*(refreshed(people, first["refresh_token"]) for _ in range(5)))

    assert [reply.status for reply in twice] == [200] * 5
    assert len({reply.json["refresh_token"] for reply in twice}) == 1
    assert (await refreshed(people, twice[0].json["refresh_token"])).status == 200


async def test_an_older_token_than_the_last_is_never_in_time(people: Client) -> None:
    first = await ada(people)
    second = (await refreshed(people, first["refresh_token"])).json
    await refreshed(people, second["refresh_token"])

    reply = await refreshed(people, first["refresh_token"])

    assert reply.status == 401
    assert acted(people)[-1] == ("refresh", "reused")


@pytest.mark.parametrize(
    "change",
    [
        "refreshed_at = refreshed_at - interval '8 days'",
        "created_at = created_at - interval '31 days'",
        "latest = latest - 1",
    ],
)
async def test_a_session_ends_quiet_or_old_and_not_by_what_the_database_forgot(people: Client, change: str) -> None:
    tokens = await ada(people)
    second = (await refreshed(people, tokens["refresh_token"])).json
    await run_sql(people.dsn, f"UPDATE mainstay_internal.account_session SET {change}")  # noqa: S608 - the test's

    reply = await refreshed(people, second["refresh_token"])

    assert reply.status == 401
    assert acted(people)[-1] == ("refresh", "refused")


async def test_an_invented_token_ends_nobody_s_session(people: Client) -> None:
    first = await ada(people)
    await refreshed(people, first["refresh_token"])
    head = first["refresh_token"].rpartition("_")[0]
    session_id = head.split("_")[2]

    invented = [f"{head}_{'0' * 64}", f"mainstay_refresh_{session_id}_7_{'0' * 64}", f"{'x' * 200}", ""]
    statuses = [(await refreshed(people, text)).status for text in invented]

    assert statuses == [401] * 4
    assert (await me(people, first["access_token"], "/in")).status == 200


async def test_signed_out_is_signed_out_at_once(people: Client) -> None:
    tokens = await ada(people)
    other = (await post(people, "sign-in", **ADA)).json

    replies = [await post(people, "sign-out", refresh_token=tokens["refresh_token"]) for _ in range(2)]
    gone = await me(people, tokens["access_token"])

    assert [reply.status for reply in replies] == [204, 204]
    assert (gone.status, gone.json["detail"]) == (401, "This session has ended: sign in again.")
    assert (await refreshed(people, tokens["refresh_token"])).status == 401
    assert (await me(people, other["access_token"], "/in")).status == 200


async def test_a_changed_password_ends_all_other_sessions(people: Client) -> None:
    here, there = await ada(people), (await post(people, "sign-in", **ADA)).json
    new = "analytical engine, card 7"
    bearer = {"Authorization": f"Bearer {here['access_token']}"}

    async def change(password: str, new_password: str) -> Reply:
        told = {"password": password, "new_password": new_password}
        return await people.send("POST", "/identity/password", json=told, headers=bearer)

    wrong, weak = await change("not it at all", new), await change(ADA["password"], "password1234")
    changed = await change(ADA["password"], new)

    assert (wrong.status, wrong.faults) == (422, [("/password", "wrong_password")])
    assert (weak.status, weak.faults) == (422, [("/new_password", "weak_password")])
    assert changed.status == 204
    assert [(await me(people, one["access_token"], "/in")).status for one in (here, there)] == [200, 401]
    assert (await post(people, "sign-in", **ADA)).status == 401
    assert (await post(people, "sign-in", name=ADA["name"], password=new)).status == 200


async def test_a_locked_account_is_as_one_that_is_not_there(people: Client) -> None:
    tokens = await ada(people)
    unknown = await post(people, "sign-in", name="nobody@example.org", password=ADA["password"])
    await run_sql(people.dsn, "UPDATE mainstay_internal.account SET locked_at = now()")

    locked = await post(people, "sign-in", **ADA)

    assert (locked.status, locked.json["detail"]) == (401, unknown.json["detail"])
    assert (await refreshed(people, tokens["refresh_token"])).status == 401


async def test_an_account_owns_its_records_in_every_session(people: Client) -> None:
    first = await ada(people)
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    made = await people.send("POST", "/diaries", json={"text": "today"}, headers=bearer)
    again = (await post(people, "sign-in", **ADA)).json
    await post(people, "sign-up", name="bob@example.org", password=ADA["password"])
    bob = (await post(people, "sign-in", name="bob@example.org", password=ADA["password"])).json

    found = [
        (await me(people, one["access_token"], f"/diaries/{made.json['id']}")).status for one in (first, again, bob)
    ]

    assert found == [200, 200, 404]


async def test_tokens_can_be_verified_by_others_with_the_published_keys(people: Client) -> None:
    tokens = await ada(people)

    published = await people.get("/identity/jwks.json", Accept_Encoding="identity")
    found = jws.deserialize_compact(tokens["access_token"], JwkSet.import_key_set(published.json), algorithms=["ES256"])

    assert published.headers["Cache-Control"] == "public, max-age=300"
    assert ["d" in key for key in published.json["keys"]] == [False]
    assert found.headers()["typ"] == "at+jwt"


async def test_tries_from_one_address_have_an_end_for_each_account(people: Client) -> None:
    await ada(people)

    statuses = [(await post(people, "sign-in", name=ADA["name"], password=GUESS)).status for _ in range(12)]
    right = await post(people, "sign-in", **ADA)
    other = await post(people, "sign-in", name="bob@example.org", password=GUESS)

    assert statuses == [401] * 9 + [429] * 3
    assert (right.status, other.status) == (429, 401)
    assert int(right.headers["Retry-After"]) >= 1
    assert acted(people).count(("sign_in", "limited")) == 4


async def test_a_key_has_no_account(people: Client) -> None:
    key = (await people.callers.keys.make(granted(KeyWish(), expires_in_seconds=60), created_by="a test")).text

    assert (await me(people, key, "/identity/account")).status == 403


async def test_no_answer_with_a_token_is_kept_and_none_may_be_cached(people: Client) -> None:
    await post(people, "sign-up", **ADA)

    reply = await people.send("POST", "/identity/sign-in", json=ADA, headers={"Idempotency-Key": "once"})

    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    assert await ask(people.dsn, "SELECT count(*) FROM mainstay_internal.kept_answer") == (0,)


async def test_it_is_in_the_document(people: Client) -> None:
    document = (await people.get("/openapi.json", Accept_Encoding="identity")).json

    operations = {
        path.removeprefix("/identity/"): item.get("post", item.get("get"))
        for path, item in document["paths"].items()
        if path.startswith("/identity/") and not path.startswith("/identity/keys")
    }
    assert {path: operation.get("security", "open") for path, operation in operations.items()} == {
        "sign-up": "open",
        "sign-in": "open",
        "refresh": "open",
        "sign-out": "open",
        "password": [{"bearer": []}],
        "account": [{"bearer": []}],
        "jwks.json": "open",
    }
    schema = document["components"]["schemas"]["SignIn"]["properties"]["password"]
    assert (schema["format"], schema["writeOnly"]) == ("password", True)
    assert "### Signing in" in document["info"]["description"]


async def test_without_sign_up_nobody_signs_up(database: str) -> None:
    service = replace(SERVICE, accounts=Accounts(sign_up=False))

    async with served_service(checked(service), database) as client:
        statuses = [(await post(client, place, **ADA)).status for place in ("sign-up", "sign-in")]

    assert statuses == [404, 401]

"""Who calls and what they may do, over HTTP, with keys in a real table."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from middleware.inbound.failed_attempts import FAILED_ATTEMPTS
from server.identity.key_text import new_key
from storage.credentials.stored_key import KeyGrant
from telemetry.events import AccessDecided, Authenticated, AuthenticationFailed, RequestFinished
from tests.integration.guarded_service import declaration
from tests.integration.rest_client import Client, Reply, served_service
from tests.integration.sql import run_sql
from tests.patience import until_told

WRONG = new_key().text


@pytest.fixture
async def guarded(database: str) -> AsyncIterator[Client]:
    async with served_service(declaration(), database) as client:
        yield client


async def key(client: Client, *roles: str, **more: Any) -> str:
    grant = KeyGrant(**{"name": "", "subject": "", "roles": roles, "expires_in_seconds": 3_600.0, **more})
    return (await client.callers.keys.make(grant, created_by="a test")).text


async def ask(client: Client, method: str, path: str, credential: str = "", **more: Any) -> Reply:
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    return await client.send(method, path, headers=headers, **more)


@pytest.mark.parametrize(
    ("place", "answers"),
    [
        ("GET /notes", {"nobody": 200, "somebody": 200, "staff": 200}),
        ("POST /notes", {"nobody": 401, "somebody": 403, "staff": 201}),
        ("GET /plans", {"nobody": 401, "somebody": 200, "staff": 200}),
        ("POST /own", {"nobody": 401, "somebody": 204, "staff": 204}),
        ("POST /both", {"nobody": 401, "somebody": 403, "staff": 403, "staff auditor": 204}),
        ("POST /notes/press", {"nobody": 401, "somebody": 204, "staff": 204}),
        ("GET /nowhere", {"nobody": 404, "somebody": 404}),
        ("DELETE /plans", {"nobody": 405, "somebody": 405}),
        ("GET /openapi.json", {"nobody": 200, "somebody": 200}),
    ],
)
async def test_each_word_admits_whom_it_says(guarded: Client, place: str, answers: dict[str, int]) -> None:
    method, path = place.split()
    more: Any = {"json": {}} if place == "POST /notes" else {}
    credentials = {
        "nobody": "",
        "somebody": await key(guarded),
        "staff": await key(guarded, "staff"),
        "staff auditor": await key(guarded, "staff", "auditor"),
    }

    found = {who: (await ask(guarded, method, path, credentials[who], **more)).status for who in answers}

    assert found == answers


async def test_nobody_is_asked_for_credentials_and_told_no_error(guarded: Client) -> None:
    refused = await ask(guarded, "GET", "/plans")

    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="guarded"')
    assert refused.json["type"] == "urn:mainstay:problem:unauthenticated"
    assert guarded.events.of(Authenticated) + guarded.events.of(AuthenticationFailed) == []
    assert [event.decision for event in guarded.events.of(AccessDecided)] == ["refused_unknown"]


@pytest.mark.parametrize("path", ["/notes", "/plans", "/nowhere", "/openapi.json"])
@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (f"Bearer {WRONG}", "This key is not known here."),
        (f"bearer   {WRONG} ", "This key is not known here."),
        ("Bearer mainstay_x", "This is no key of this service; was it copied whole?"),
        ("Bearer ", "Send one Authorization header: Bearer and a key or a token."),
        ("Basic YTpi", "Send one Authorization header: Bearer and a key or a token."),
        (WRONG, "Send one Authorization header: Bearer and a key or a token."),
    ],
    ids=["unknown key", "unknown key, spaced", "no whole key", "nothing", "other scheme", "no scheme"],
)
async def test_a_credential_that_is_not_taken_is_refused_everywhere(
    guarded: Client, path: str, header: str, sentence: str
) -> None:
    refused = await guarded.send("GET", path, headers={"Authorization": header})

    assert (refused.status, refused.json["detail"]) == (401, sentence)
    assert refused.headers["WWW-Authenticate"] == (
        f'Bearer realm="guarded", error="invalid_token", error_description="{sentence}"'
    )


async def test_two_credentials_at_once_are_none(guarded: Client) -> None:
    mine = await key(guarded, "staff")
    headers = [("Authorization", f"Bearer {mine}"), ("Authorization", f"Bearer {mine}")]

    assert (await guarded.send("GET", "/notes", headers=headers)).status == 401


async def test_what_one_may_not_do_is_said_with_the_reason(guarded: Client) -> None:
    answers = [
        await ask(guarded, "POST", "/notes", await key(guarded), json={}),
        await ask(guarded, "POST", "/notes", await key(guarded, "staff", may_write=False), json={}),
    ]

    sentences = [
        "You may not do this: it takes a role that you do not hold.",
        "Your credential may not do this: its scope ends before it.",
    ]
    assert [(answer.status, answer.json["detail"]) for answer in answers] == [(403, one) for one in sentences]
    assert [answer.headers["WWW-Authenticate"] for answer in answers] == [
        f'Bearer realm="guarded", error="insufficient_scope", error_description="{one}"' for one in sentences
    ]


async def test_a_scope_fences_a_key_in(guarded: Client) -> None:
    reading = await key(guarded, "staff", may_write=False)
    notes = await key(guarded, "staff", resources=("notes",))

    async def status(place: str, credential: str) -> int:
        method, path = place.split()
        return (await ask(guarded, method, path, credential, **({"json": {}} if method == "POST" else {}))).status

    assert {
        place: (await status(place, reading), await status(place, notes))
        for place in ("GET /notes", "POST /notes", "POST /notes/press", "GET /plans", "POST /few", "GET /openapi.json")
    } == {
        "GET /notes": (200, 200),
        "POST /notes": (403, 201),
        "POST /notes/press": (403, 204),
        "GET /plans": (200, 403),
        "POST /few": (403, 403),
        "GET /openapi.json": (200, 200),
    }


async def test_an_answer_is_logged_with_the_credential_s_id_and_never_the_credential(guarded: Client) -> None:
    mine = await key(guarded, "staff")
    guarded.events.forget()

    await ask(guarded, "GET", "/plans", mine)
    await ask(guarded, "GET", "/plans", WRONG)

    assert [event.credential_id for event in guarded.events.of(RequestFinished)] == [
        mine.split("_")[1],
        WRONG.split("_")[1],
    ]
    assert [event.method for event in guarded.events.of(Authenticated)] == ["api_key"]
    assert [
        (event.method, event.outcome, event.credential_id) for event in guarded.events.of(AuthenticationFailed)
    ] == [("api_key", "unknown", WRONG.split("_")[1])]
    for secret in (mine, WRONG):
        assert secret.split("_")[2][:20] not in repr(guarded.events.events)


async def test_limits_are_a_principal_s_own_and_multiplied_for_some(guarded: Client) -> None:
    two, four = await key(guarded), await key(guarded, "partner")

    found = [[(await ask(guarded, "POST", "/few", one)).status for _ in range(5)] for one in (two, four)]
    again = await ask(guarded, "POST", "/few", four)

    assert found == [[204, 204, 429, 429, 429], [204, 204, 204, 204, 429]]
    assert again.headers["RateLimit-Policy"] == '"POST /few";q=4;w=60'


async def test_a_rotated_key_shares_its_subject_s_limit(guarded: Client) -> None:
    old = await key(guarded)
    made = await guarded.callers.keys.rotate(old.split("_")[1], overlap_seconds=60, created_by="a test")

    found = [(await ask(guarded, "POST", "/few", one)).status for one in (old, made.text, old)]

    assert found == [204, 204, 429]


async def test_a_revoked_key_is_refused_once_the_stamp_has_changed(guarded: Client) -> None:
    mine = await key(guarded)
    before = await ask(guarded, "GET", "/plans", mine)

    await guarded.callers.keys.revoke(mine.split("_")[1])

    async def is_refused() -> bool:
        return (await ask(guarded, "GET", "/plans", mine)).status == 401

    await until_told(is_refused, within_seconds=1.0)
    refused = await ask(guarded, "GET", "/plans", mine)
    assert (before.status, refused.status, refused.json["detail"]) == (200, 401, "This key has been revoked.")


async def test_an_address_that_fails_too_often_is_not_heard_for_a_while(guarded: Client) -> None:
    mine = await key(guarded, "staff")
    other = await key(guarded, "staff")
    await ask(guarded, "GET", "/plans", mine)
    burst = FAILED_ATTEMPTS.limit.at_once
    statuses = [(await ask(guarded, "GET", "/notes", WRONG)).status for _ in range(burst + 20)]
    guarded.events.forget()

    silenced = await ask(guarded, "GET", "/notes", WRONG)
    unknown = await ask(guarded, "GET", "/plans", other)  # at once: its silence is short
    known = await ask(guarded, "GET", "/plans", mine)
    nobody = await ask(guarded, "GET", "/notes")

    assert set(statuses[:burst]) == {401}
    assert (silenced.status, silenced.json["type"]) == (429, "urn:mainstay:problem:rate_limited")
    assert (silenced.headers["RateLimit-Policy"], silenced.headers["RateLimit"].split(";")[0]) == (
        '"authentication";q=300;w=60',
        '"authentication"',
    )
    assert int(silenced.headers["Retry-After"]) >= 1
    assert (known.status, nobody.status, unknown.status) == (200, 200, 429)


async def test_where_keys_cannot_be_looked_up_none_is_refused(guarded: Client) -> None:
    await run_sql(guarded.dsn, "ALTER TABLE mainstay_internal.api_key RENAME TO elsewhere")

    answer = await ask(guarded, "GET", "/notes", WRONG)

    assert answer.status == 500
    assert [event.outcome for event in guarded.events.of(AuthenticationFailed)] == ["unavailable"]


async def test_a_handler_can_ask_who_calls(guarded: Client) -> None:
    mine = await key(guarded, "staff", subject="ada", tenant="acme")

    assert [(await ask(guarded, "GET", "/me", one)).body for one in ("", mine)] == [b"nobody", b"ada ['staff'] acme"]

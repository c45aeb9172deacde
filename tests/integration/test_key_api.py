"""The admin API of keys, over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from storage.credentials.stored_key import KeyGrant
from tests.integration.guarded_service import declaration
from tests.integration.rest_client import Client, Reply, served_service
from tests.integration.sql import ask as ask_sql


@pytest.fixture
async def guarded(database: str) -> AsyncIterator[Client]:
    async with served_service(declaration(), database) as client:
        yield client


async def key(client: Client, *roles: str, **more: Any) -> str:
    grant = KeyGrant(**{"name": "", "subject": "", "roles": roles, "expires_in_seconds": 3_600.0, **more})
    return (await client.callers.keys.make(grant, created_by="a test")).text


async def ask(client: Client, place: str, credential: str, **more: Any) -> Reply:
    method, path = place.split()
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    return await client.send(method, path, headers=headers, **more)


PLACES = ("GET /identity/keys", "POST /identity/keys", "DELETE /identity/keys/x", "POST /identity/keys/x/rotate")


@pytest.mark.parametrize("place", PLACES)
async def test_it_is_for_admins_alone(guarded: Client, place: str) -> None:
    credentials = {
        401: "",
        403: await key(guarded, "staff"),
        403.1: await key(guarded, "admin", resources=("notes",)),
    }
    if not place.startswith("GET"):
        credentials[403.2] = await key(guarded, "admin", may_write=False)

    for status, credential in credentials.items():
        more: Any = {"json": {}} if place.startswith("POST") else {}
        assert (await ask(guarded, place, credential, **more)).status == int(status)


async def test_an_admin_makes_a_key_that_is_shown_once(guarded: Client) -> None:
    admin = await key(guarded, "admin", subject="grace")
    wish = {"roles": ["staff"], "name": "feed", "resources": ["notes"], "scope": "read", "expires_in_seconds": 60}

    made = await ask(guarded, "POST /identity/keys", admin, json=wish)

    shown = {name: value for name, value in made.json.items() if name != "key"}
    assert made.status == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert {name: shown[name] for name in ("roles", "name", "resources", "scope", "created_by", "subject")} == {
        "roles": ["staff"],
        "name": "feed",
        "resources": ["notes"],
        "scope": "read",
        "created_by": "grace",
        "subject": f"key:{shown['id']}",
    }
    assert (await ask(guarded, "GET /notes", made.json["key"])).status == 200
    listed = await ask(guarded, "GET /identity/keys", admin)
    assert listed.json["items"][-1] == shown
    assert made.json["key"] not in listed.body.decode()


async def test_an_answer_with_a_key_is_kept_nowhere(guarded: Client) -> None:
    admin = await key(guarded, "admin")
    bearer = {"Authorization": f"Bearer {admin}", "Idempotency-Key": "once"}

    made = await guarded.send("POST", "/identity/keys", json={}, headers=bearer)
    place = f"/identity/keys/{made.json['id']}/rotate"
    rotated = await guarded.send("POST", place, json={}, headers=bearer)

    assert (made.status, rotated.status) == (201, 201)
    assert await ask_sql(guarded.dsn, "SELECT count(*) FROM mainstay_internal.kept_answer") == (0,)


async def test_everything_wrong_with_a_wish_is_told_at_once(guarded: Client) -> None:
    admin = await key(guarded, "admin")

    readable = await ask(guarded, "POST /identity/keys", admin, json={"roles": ["a b"], "limit_factor": 0})
    unreadable = await ask(guarded, "POST /identity/keys", admin, json={"expires_in_seconds": 0, "colour": "red"})

    assert (readable.status, readable.faults) == (422, [("", "bad_key"), ("", "bad_key")])
    assert unreadable.status == 422
    assert sorted(place for place, _ in unreadable.faults) == ["/colour", "/expires_in_seconds"]


async def test_a_role_that_means_nothing_to_the_service_is_refused_with_those_that_do(guarded: Client) -> None:
    admin = await key(guarded, "admin")

    refused = await ask(guarded, "POST /identity/keys", admin, json={"roles": ["staf", "staff"]})

    (fault,) = refused.json["errors"]
    assert (refused.status, fault["pointer"], fault["code"]) == (422, "/roles", "unknown_role")
    assert "knows no role 'staf': did you mean staff? There are admin, auditor, " in fault["detail"]


async def test_a_revoked_key_says_how_soon_it_is_refused_everywhere(guarded: Client) -> None:
    admin, mine = await key(guarded, "admin"), await key(guarded)
    place = f"DELETE /identity/keys/{mine.split('_')[1]}"

    near = await ask(guarded, place, admin)
    guarded.stamp.is_away = True
    far = await ask(guarded, place, admin)
    guarded.stamp.is_away = False

    assert (near.status, near.json["effective_within_seconds"], far.json["effective_within_seconds"]) == (200, 1, 60)
    assert near.json["revoked_at"] == far.json["revoked_at"]
    assert (await ask(guarded, "DELETE /identity/keys/nobody", admin)).status == 404


async def test_a_rotated_key_stands_for_the_same(guarded: Client) -> None:
    admin, old = await key(guarded, "admin"), await key(guarded, "staff")
    place = f"POST /identity/keys/{old.split('_')[1]}/rotate"

    new = await ask(guarded, place, admin, json={})
    now = await ask(guarded, place, admin, json={"overlap_seconds": 0})

    assert (new.status, new.json["roles"], new.json["subject"]) == (201, ["staff"], f"key:{old.split('_')[1]}")
    assert (now.status, (await ask(guarded, place, admin, json={})).status) == (201, 404)
    assert [(await ask(guarded, "GET /plans", one.json["key"])).status for one in (new, now)] == [200, 200]


async def test_a_tenant_s_admin_has_its_own_keys_only(guarded: Client) -> None:
    admin = await key(guarded, "admin", tenant="acme")
    other = (await key(guarded, tenant="other")).split("_")[1]

    made = await ask(guarded, "POST /identity/keys", admin, json={})
    refused = await ask(guarded, "POST /identity/keys", admin, json={"tenant": "other"})
    listed = await ask(guarded, "GET /identity/keys", admin)
    touched = [
        (await ask(guarded, f"DELETE /identity/keys/{other}", admin)).status,
        (await ask(guarded, f"POST /identity/keys/{other}/rotate", admin, json={})).status,
    ]

    assert (made.status, made.json["tenant"]) == (201, "acme")
    assert (refused.status, refused.faults) == (422, [("/tenant", "other_tenant")])
    assert {one["tenant"] for one in listed.json["items"]} == {"acme"}
    assert touched == [404, 404]


async def test_it_is_in_the_document(guarded: Client) -> None:
    document = (await guarded.send("GET", "/openapi.json", headers={"Accept-Encoding": "identity"})).json

    operations = {
        f"{method.upper()} {path}": (operation["x-access"], operation["security"])
        for path, item in document["paths"].items()
        if path.startswith("/identity")
        for method, operation in item.items()
        if method != "parameters"
    }
    assert sorted(operations) == [
        "DELETE /identity/keys/{id}",
        "GET /identity/keys",
        "POST /identity/keys",
        "POST /identity/keys/{id}/rotate",
    ]
    assert {access for access, _ in operations.values()} == {"whoever holds the role admin"}

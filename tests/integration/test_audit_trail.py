"""Who did what to which record: written with the change or not at all, and read by admins."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from tests.integration.audited_service import declaration
from tests.integration.locked_tables import until_waiting
from tests.integration.neighbours_service import declaration as unaudited
from tests.integration.rest_client import Client, served_service
from tests.integration.signed_callers import SignedCaller, signed_caller
from tests.integration.sql import ask

CANARY = "hunter2-is-private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    client: Client
    ada: SignedCaller
    staff: SignedCaller
    admin: SignedCaller

    async def paper(self, **values: object) -> str:
        """A paper of Ada's; its address."""
        made = await self.ada.made("/papers", **({"title": uuid4().hex} | values))
        return f"/papers/{made['id']}"

    async def entries(self, path: str) -> list[Any]:
        """What the trail says of the record at an address, oldest first."""
        return await self.admin.shown(f"/identity/audit?record_type=Paper&record_key={path.split('/')[2]}")

    async def done(self, path: str) -> list[tuple[Any, ...]]:
        """The same in short."""
        told = ("action", "record_version", "fields")
        return [tuple(entry[name] for name in told) for entry in await self.entries(path)]

    async def count(self) -> int:
        found = await ask(self.client.dsn, "SELECT count(*) FROM mainstay_internal.audit_entry")
        assert found is not None
        return int(str(found[0]))


@pytest.fixture
async def office(database: str) -> AsyncIterator[Office]:
    async with served_service(declaration(), database) as client:
        yield Office(
            client=client,
            ada=await signed_caller(client, "ada"),
            staff=await signed_caller(client, "sue", "staff"),
            admin=await signed_caller(client, "root", "admin"),
        )


async def test_an_entry_says_who_did_what_from_where_by_which_request(office: Office) -> None:
    path = await office.paper(pages=1)
    changed = await office.staff.ask("PATCH", path, {"pages": 2})

    (_, entry) = await office.entries(path)

    assert entry == {
        "id": entry["id"],
        "action": "update",
        "record_type": "Paper",
        "record_key": path.split("/")[2],
        "record_version": 2,
        "fields": ["pages"],
        "subject": "sue",
        "tenant": None,
        "credential_id": entry["credential_id"],
        "address": "127.0.0.1",
        "request_id": changed.headers["X-Request-ID"],
        "operation": "PATCH /papers/{id}",
        "version": 1,
        "created_at": entry["created_at"],
        "updated_at": entry["created_at"],
    }
    assert entry["created_at"] == changed.json["updated_at"]
    assert office.staff.credential.split("_")[1] == entry["credential_id"]


async def test_every_way_to_write_leaves_one_entry_a_record(office: Office) -> None:
    path = await office.paper()
    whole = {"title": uuid4().hex, "pages": 3, "text": None, "place": {"town": "Bern", "street": ""}}
    statuses = [
        (await office.ada.ask("PUT", path, whole)).status,
        (await office.ada.ask("PATCH", path, {"pages": 4, "text": "x"})).status,
        (await office.ada.ask("PATCH", path, {"place": {"street": "Hill Road"}})).status,
        (await office.ada.ask("POST", f"{path}/grow", {"pages": 5})).status,
        (await office.ada.ask("POST", f"{path}/shred")).status,
    ]

    assert statuses == [200, 200, 200, 200, 204]
    assert await office.done(path) == [
        ("create", 1, ["title", "pages", "text", "place"]),
        ("update", 2, ["title", "pages", "place"]),
        ("update", 3, ["pages", "text"]),
        ("update", 4, ["place"]),
        ("update", 5, ["pages"]),
        ("update", 6, ["title"]),
        ("delete", 6, []),
    ]
    assert [entry["operation"] for entry in (await office.entries(path))[-3:]] == [
        *["POST /papers/{id}/grow"] * 2,
        "POST /papers/{id}/shred",
    ]
    assert await office.count() == 8  # the paper that `grow` makes has one too


async def test_a_record_put_at_a_key_and_one_deleted_have_theirs(office: Office) -> None:
    path = f"/papers/{uuid4()}"
    made = await office.ada.ask("PUT", path, {"title": "put"}, If_None_Match="*")
    gone = await office.ada.ask("DELETE", path)

    assert (made.status, gone.status) == (201, 204)
    assert [entry[:2] for entry in await office.done(path)] == [("create", 1), ("delete", 1)]


async def test_only_fields_that_hold_something_else_are_named(office: Office) -> None:
    path = await office.paper(pages=1, text="same")

    await office.ada.ask("PATCH", path, {"pages": 1, "text": "same", "place": {"town": "Bern"}})
    await office.ada.ask("PATCH", path, {"pages": 1})

    assert await office.done(path) == [
        ("create", 1, ["title", "pages", "text", "place"]),
        ("update", 2, ["place"]),
        ("update", 3, []),
    ]


async def test_what_another_changed_meanwhile_is_what_a_change_is_compared_with(office: Office) -> None:
    path = await office.paper(pages=5)
    key = path.split("/")[2]
    with closing(psycopg2.connect(office.client.dsn)) as other:
        other.cursor().execute("UPDATE paper SET pages = 7, version = version + 1 WHERE id = %s", (key,))
        change = asyncio.create_task(office.ada.ask("PATCH", path, {"pages": 5}))
        await until_waiting(office.client.dsn, 1)
        other.commit()
    changed = await change

    assert (changed.status, changed.json["pages"]) == (200, 5)
    assert (await office.done(path))[-1] == ("update", 3, ["pages"])


async def test_a_change_that_is_refused_or_taken_back_leaves_none(office: Office) -> None:
    path, taken = await office.paper(), await office.paper(title="taken")
    count = await office.count()

    statuses = [
        (await office.ada.ask("PATCH", path, {"title": "taken"})).status,
        (await office.ada.ask("PATCH", path, {"pages": -1})).status,
        (await office.ada.ask("PATCH", path, {"pages": 2}, If_Match='"9.9"')).status,
        (await office.ada.ask("DELETE", f"/papers/{uuid4()}")).status,
        (await office.ada.ask("POST", f"{path}/grow", {"pages": 5, "fails": True})).status,
        (await office.ada.ask("POST", "/papers", {"title": "taken"})).status,
        (await office.ada.ask("PUT", taken, {"title": "again"}, If_None_Match="*")).status,
    ]

    assert statuses == [409, 422, 412, 404, 409, 409, 412]
    assert await office.count() == count


@pytest.mark.parametrize(
    ("method", "place", "sent", "entries"),
    [
        ("POST", "/papers", {"title": "keyed"}, 1),
        ("PATCH", "", {"pages": 7}, 1),
        ("PATCH", "", {"place": {"town": "Bern"}}, 1),
        ("POST", "/grow", {"pages": 7}, 3),
    ],
)
async def test_a_repeat_leaves_no_more(
    office: Office, method: str, place: str, sent: dict[str, object], entries: int
) -> None:
    path = await office.paper()
    where = place if place == "/papers" else f"{path}{place}"
    count, key = await office.count(), uuid4().hex

    replies = [await office.ada.ask(method, where, sent, Idempotency_Key=key) for _ in range(3)]

    assert [reply.headers.get("Idempotent-Replayed") for reply in replies] == [None, "true", "true"]
    assert await office.count() - count == entries


async def test_what_is_private_is_in_no_entry(office: Office) -> None:
    path = await office.paper(text=CANARY)
    await office.ada.ask("PATCH", path, {"text": f"{CANARY} too"})

    stored = await ask(
        office.client.dsn, "SELECT string_agg(entry::text, ' ') FROM mainstay_internal.audit_entry entry"
    )

    assert "text" in str(stored)
    assert CANARY not in str(stored)


async def test_what_is_not_audited_leaves_none(office: Office) -> None:
    await office.client.made("/sheets")

    assert await office.count() == 0


async def test_the_trail_is_read_like_any_collection(office: Office) -> None:
    paths = [await office.paper() for _ in range(3)]
    await office.staff.ask("DELETE", paths[0])

    first = await office.admin.ask("GET", "/identity/audit?limit=3&fields=record_key,action", Prefer="count=exact")
    rest = await office.admin.ask("GET", str(first.next))
    newest = await office.admin.shown("/identity/audit?sort=-id&limit=1")
    sues = await office.admin.shown("/identity/audit?subject=sue")
    one = await office.admin.ask("GET", f"/identity/audit/{newest[0]['id']}")

    keys = [path.split("/")[2] for path in paths]
    assert first.json["items"] == [{"record_key": key, "action": "create"} for key in keys]
    assert (first.json["total"], rest.json["items"]) == (4, [{"record_key": keys[0], "action": "delete"}])
    assert newest == sues == [one.json]


async def test_nobody_else_reads_it_and_nobody_writes_it(office: Office) -> None:
    await office.paper()
    (entry,) = await office.admin.shown("/identity/audit")
    nobody = SignedCaller(office.client)

    read = [(await who.ask("GET", "/identity/audit")).status for who in (nobody, office.ada, office.staff)]
    written = [
        (await office.admin.ask("POST", "/identity/audit", entry)).status,
        (await office.admin.ask("DELETE", f"/identity/audit/{entry['id']}")).status,
    ]

    assert (read, written) == ([401, 403, 403], [405, 405])


async def test_an_admin_of_a_tenant_reads_what_its_tenants_callers_did(office: Office) -> None:
    ours = await signed_caller(office.client, "ada", tenant="north")
    theirs = await signed_caller(office.client, "bob", tenant="south")
    admin = await signed_caller(office.client, "nora", "admin", tenant="north")
    mine = await ours.made("/papers", title="north")
    other = await theirs.made("/papers", title="south")
    (foreign,) = await office.admin.shown(f"/identity/audit?record_key={other['id']}")

    seen = await admin.shown("/identity/audit")

    assert [(entry["record_key"], entry["tenant"]) for entry in seen] == [(mine["id"], "north")]
    assert (await admin.ask("GET", f"/identity/audit/{foreign['id']}")).status == 404
    assert len(await office.admin.shown("/identity/audit")) == 2


async def test_without_an_audited_resource_there_is_no_trail(database: str) -> None:
    async with served_service(unaudited(), database) as client:
        admin = await signed_caller(client, "root", "admin")

        assert (await admin.ask("GET", "/identity/audit")).status == 404

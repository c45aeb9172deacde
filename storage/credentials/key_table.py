"""The table of API keys, each operation one statement.

A key is looked up by its digest and by nothing else. So a key that never was and one whose secret is wrong are the same
to the database, to the code and to whoever measures the time.
"""

import hmac
from collections.abc import Collection

from middleware.errors import Bug
from storage.credentials.stored_key import STORED_KEY, STORED_KEYS, KeyGrant, KeyName, StoredKey
from storage.postgres.array_text import Scalar, array_text
from storage.postgres.connection import Row
from storage.postgres.statement import statement
from storage.runner import Runner

LISTED_AT_MOST = 1_000

_COLUMNS = (
    "id, name, subject, tenant, roles, resources, may_write, limit_factor, created_at, created_by, rotated_from,"
    " expires_at, EXTRACT(epoch FROM expires_at - now())::double precision AS expires_in_seconds, revoked_at,"
    " last_used_at"
)
_JSON = f"row_to_json((SELECT shown FROM (SELECT {_COLUMNS}) AS shown))::text"  # noqa: S608 - names of our own

FIND_KEY = statement(
    f"SELECT encode(digest, 'hex'), {_JSON} FROM mainstay_internal.api_key WHERE digest = decode($1, 'hex')",  # noqa: S608 - as above
    types={"digest": "text"},
    writes=False,
)
_ADD = statement(
    "INSERT INTO mainstay_internal.api_key (id, digest, name, subject, tenant, roles, resources, may_write,"  # noqa: S608 - as above
    " limit_factor, lifetime, expires_at, created_by) VALUES ($1, decode($2, 'hex'), $3, $4, $5, $6, $7, $8, $9,"
    f" make_interval(secs => $10), now() + make_interval(secs => $10), $11) RETURNING {_JSON}",
    types={
        "id": "text",
        "digest": "text",
        "name": "text",
        "subject": "text",
        "tenant": "text",
        "roles": "text[]",
        "resources": "text[]",
        "may_write": "boolean",
        "limit_factor": "double precision",
        "expires_in_seconds": "double precision",
        "created_by": "text",
    },
)
_LIST = statement(
    f"SELECT COALESCE(json_agg({_JSON}::json ORDER BY created_at, id), '[]')::text FROM (SELECT * FROM"  # noqa: S608 - as above
    " mainstay_internal.api_key WHERE $1 IS NULL OR tenant = $1 ORDER BY created_at DESC, id DESC"
    f" LIMIT {LISTED_AT_MOST}) AS latest",
    types={"tenant": "text"},
    writes=False,
)
_REVOKE = statement(
    "UPDATE mainstay_internal.api_key SET revoked_at = COALESCE(revoked_at, now())"  # noqa: S608 - as above
    f" WHERE id = $1 AND ($2 IS NULL OR tenant = $2) RETURNING {_JSON}",
    types={"id": "text", "tenant": "text"},
)
_OF_SUBJECT = statement(
    f"SELECT COALESCE(json_agg({_JSON}::json ORDER BY created_at, id), '[]')::text FROM mainstay_internal.api_key"  # noqa: S608 - as above
    " WHERE subject = $1 AND tenant IS NOT DISTINCT FROM $2",
    types={"subject": "text", "tenant": "text"},
    writes=False,
)
_TENANTS = statement(
    "SELECT DISTINCT tenant FROM mainstay_internal.api_key WHERE subject = $1",
    types={"subject": "text"},
    writes=False,
)
_END_SUBJECT = statement(
    "UPDATE mainstay_internal.api_key SET revoked_at = COALESCE(revoked_at, now()), name = ''"
    " WHERE subject = $1 AND tenant IS NOT DISTINCT FROM $2 RETURNING id",
    types={"subject": "text", "tenant": "text"},
)
_ROTATE = statement(
    "WITH old AS (UPDATE mainstay_internal.api_key"  # noqa: S608 - as above
    " SET expires_at = LEAST(expires_at, now() + make_interval(secs => $4))"
    " WHERE id = $1 AND ($5 IS NULL OR tenant = $5) AND revoked_at IS NULL"
    " AND (expires_at IS NULL OR expires_at > now()) RETURNING *)"
    " INSERT INTO mainstay_internal.api_key (id, digest, name, subject, tenant, roles, resources, may_write,"
    " limit_factor, lifetime, expires_at, created_by, rotated_from)"
    " SELECT $2, decode($3, 'hex'), name, subject, tenant, roles, resources, may_write,"
    f" limit_factor, lifetime, now() + lifetime, $6, id FROM old RETURNING {_JSON}",
    types={
        "id": "text",
        "new_id": "text",
        "digest": "text",
        "overlap_seconds": "double precision",
        "tenant": "text",
        "created_by": "text",
    },
)
_USED = statement(
    "UPDATE mainstay_internal.api_key SET last_used_at = now() WHERE id = ANY($1)",
    types={"ids": "text[]"},
)


class KeyTable:
    """The keys of a database. `tenant`, where one is given, hides all that are not that tenant's.

    Each method raises what its runner raises.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def find(self, digest: bytes) -> StoredKey | None:
        """The key of this SHA-256; None where there is none."""
        rows = await self._runner.run(FIND_KEY, FIND_KEY.bind({"digest": digest.hex()}), operation="find_key")
        if not rows or not hmac.compare_digest(bytes(rows[0][0]), digest.hex().encode()):
            return None
        return _stored(rows[0][1:])

    async def add(self, name: KeyName, grant: KeyGrant, *, created_by: str) -> StoredKey:
        """Store a new key."""
        values: dict[str, Scalar] = {
            "id": name.id,
            "digest": name.digest.hex(),
            "name": grant.name,
            "subject": grant.subject,
            "tenant": grant.tenant,
            "roles": array_text(grant.roles),
            "resources": None if grant.resources is None else array_text(grant.resources),
            "may_write": grant.may_write,
            "limit_factor": grant.limit_factor,
            "expires_in_seconds": grant.expires_in_seconds,
            "created_by": created_by,
        }
        (row,) = await self._runner.run(_ADD, _ADD.bind(values), operation="add_key")
        return _stored(row)

    async def latest(self, *, tenant: str | None = None) -> list[StoredKey]:
        """The keys made last, LISTED_AT_MOST of them, oldest first."""
        (row,) = await self._runner.run(_LIST, (tenant,), operation="list_keys")
        return STORED_KEYS.validate_json(_text(row))

    async def revoke(self, key_id: str, *, tenant: str | None = None) -> StoredKey | None:
        """End a key's life now, unless it has ended; None where there is no such key."""
        rows = await self._runner.run(_REVOKE, (key_id, tenant), operation="revoke_key")
        return _stored(rows[0]) if rows else None

    async def of_subject(self, subject: str, *, tenant: str | None) -> list[StoredKey]:
        """The keys that stand for somebody, oldest first."""
        (row,) = await self._runner.run(_OF_SUBJECT, (subject, tenant), operation="list_keys_of_subject")
        return STORED_KEYS.validate_json(_text(row))

    async def tenants_of(self, subject: str) -> list[str | None]:
        """The tenants that keys of this subject name; None for those that name none."""
        rows = await self._runner.run(_TENANTS, (subject,), operation="list_tenants_of_subject")
        return [None if row[0] is None else row[0].decode() for row in rows]

    async def end_subject(self, subject: str, *, tenant: str | None) -> int:
        """End the life of all keys that stand for somebody, and take their names away; how many there are."""
        return len(await self._runner.run(_END_SUBJECT, (subject, tenant), operation="revoke_keys_of_subject"))

    async def rotate(
        self, key_id: str, name: KeyName, *, overlap_seconds: float, created_by: str, tenant: str | None = None
    ) -> StoredKey | None:
        """Put a new key beside an old one, which lives on for the overlap; None where no such key is alive."""
        values = (key_id, name.id, name.digest.hex(), overlap_seconds, tenant, created_by)
        rows = await self._runner.run(_ROTATE, values, operation="rotate_key")
        return _stored(rows[0]) if rows else None

    async def mark_used(self, key_ids: Collection[str]) -> None:
        """Remember that these keys were used just now."""
        await self._runner.run(_USED, (array_text(sorted(key_ids)),), operation="mark_keys_used")


def _stored(row: Row) -> StoredKey:
    return STORED_KEY.validate_json(_text(row))


def _text(row: Row) -> bytes:
    if not isinstance(row[0], bytes):
        raise Bug
    return row[0]

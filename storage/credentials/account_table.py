"""The table of accounts: who may sign in, and what became of their passwords; each operation one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from middleware.errors import Bug
from storage.postgres.array_text import array_text
from storage.postgres.connection import Row
from storage.postgres.statement import statement
from storage.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """One row, without the password's hash."""

    id: str
    name: str
    roles: tuple[str, ...]
    tenant: str | None
    created_at: datetime
    signed_in_at: datetime | None
    locked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLock:
    """What opens an account: the hash its password must have. One that is not real opens nothing.

    A row there is always, and it is read no further before somebody opens it: to find an account takes as long as to
    find none.
    """

    is_real: bool

    password_hash: str = field(repr=False)
    row: bytes = field(repr=False)

    @property
    def account(self) -> StoredAccount:
        """The account behind it."""
        return _ACCOUNT.validate_json(self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be; `name` is already in the form that names are compared in."""

    id: str
    name: str
    password_hash: str = field(repr=False)
    roles: Sequence[str] = ()
    tenant: str | None = None


LISTED_AT_MOST = 1_000

_ACCOUNT = TypeAdapter(StoredAccount)
_ACCOUNTS = TypeAdapter(list[StoredAccount])
_COLUMNS = "id, name, roles, tenant, created_at, signed_in_at, locked_at"
_JSON = f"row_to_json((SELECT shown FROM (SELECT {_COLUMNS}) AS shown))::text"  # noqa: S608 - names of our own

_ADD = statement(
    "INSERT INTO mainstay_internal.account (id, name, password_hash, roles, tenant) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (name) DO NOTHING RETURNING id",
    types={"id": "text", "name": "text", "password_hash": "text", "roles": "text[]", "tenant": "text"},
)
_FIND = statement(
    f"SELECT account.id IS NOT NULL, {_JSON}, COALESCE(password_hash, $2) FROM (VALUES (1)) AS always"  # noqa: S608 - as above
    " LEFT JOIN mainstay_internal.account AS account ON name = $1",
    types={"name": "text", "decoy": "text"},
    writes=False,
)
_READ = statement(
    f"SELECT true, {_JSON}, password_hash FROM mainstay_internal.account WHERE id = $1",  # noqa: S608 - as above
    types={"id": "text"},
    writes=False,
)
_LIST = statement(
    f"SELECT COALESCE(json_agg({_JSON}::json ORDER BY created_at, id), '[]')::text FROM (SELECT * FROM"  # noqa: S608 - as above
    f" mainstay_internal.account ORDER BY created_at DESC, id DESC LIMIT {LISTED_AT_MOST}) AS latest",
    types={},
    writes=False,
)
_GRANT = statement(
    f"UPDATE mainstay_internal.account SET roles = $2, tenant = $3 WHERE name = $1 RETURNING {_JSON}",  # noqa: S608 - as above
    types={"name": "text", "roles": "text[]", "tenant": "text"},
)
_LOCK = statement(
    "UPDATE mainstay_internal.account SET locked_at = CASE WHEN $2 THEN COALESCE(locked_at, now()) END"  # noqa: S608 - as above
    f" WHERE name = $1 RETURNING {_JSON}",
    types={"name": "text", "is_locked": "boolean"},
)
_IS_SOMEBODY_S = "id = $1 AND tenant IS NOT DISTINCT FROM $2 AND name <> 'erased-' || id"
_SHOW = statement(
    "SELECT json_build_object('name', name, 'roles', roles, 'tenant', tenant, 'created_at', created_at,"  # noqa: S608 - as above
    " 'signed_in_at', signed_in_at, 'locked_at', locked_at, 'sessions', (SELECT COALESCE(json_agg(json_build_object("
    "'created_at', created_at, 'refreshed_at', refreshed_at, 'ended_at', ended_at) ORDER BY created_at), '[]')"
    " FROM mainstay_internal.account_session WHERE account_id = account.id))::text"
    f" FROM mainstay_internal.account WHERE {_IS_SOMEBODY_S}",
    types={"id": "text", "tenant": "text"},
    writes=False,
)
_TENANT = statement("SELECT tenant FROM mainstay_internal.account WHERE id = $1", types={"id": "text"}, writes=False)
_ERASE = statement(
    "WITH gone AS (UPDATE mainstay_internal.account SET name = 'erased-' || id, password_hash = '', roles = '{}',"  # noqa: S608 - as above
    " tenant = NULL, signed_in_at = NULL, locked_at = COALESCE(locked_at, now())"
    f" WHERE {_IS_SOMEBODY_S} RETURNING id), ended AS (UPDATE mainstay_internal.account_session"
    " SET ended_at = now() WHERE ended_at IS NULL AND account_id IN (SELECT id FROM gone)) SELECT id FROM gone",
    types={"id": "text", "tenant": "text"},
)
_REPLACE_HASH = statement(
    "UPDATE mainstay_internal.account SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id",
    types={"id": "text", "old": "text", "new": "text"},
)


class AccountTable:
    """The accounts of a database. Each method raises what its runner raises."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, account: NewAccount) -> bool:
        """Store a new account; False, and nothing is done, where the name is taken."""
        roles = array_text(tuple(account.roles))
        values = (account.id, account.name, account.password_hash, roles, account.tenant)
        return bool(await self._runner.run(_ADD, values, operation="add_account"))

    async def find(self, name: str, *, decoy: str) -> AccountLock:
        """The account of this name; where there is none, a lock with the decoy's hash that is not real."""
        (row,) = await self._runner.run(_FIND, (name, decoy), operation="find_account")
        return _lock(row)

    async def read(self, account_id: str) -> AccountLock | None:
        """The account of this id."""
        rows = await self._runner.run(_READ, (account_id,), operation="read_account")
        return _lock(rows[0]) if rows else None

    async def latest(self) -> list[StoredAccount]:
        """The accounts made last, LISTED_AT_MOST of them, oldest first."""
        ((shown,),) = await self._runner.run(_LIST, operation="list_accounts")
        return _ACCOUNTS.validate_json(shown)

    async def grant(self, name: str, *, roles: Sequence[str], tenant: str | None) -> StoredAccount | None:
        """Give an account these roles and no others; None where there is none."""
        rows = await self._runner.run(_GRANT, (name, array_text(tuple(roles)), tenant), operation="grant_account")
        return _ACCOUNT.validate_json(rows[0][0]) if rows else None

    async def lock(self, name: str, *, is_locked: bool) -> StoredAccount | None:
        """Let nobody sign in to it, or its owner again; None where there is none."""
        rows = await self._runner.run(_LOCK, (name, is_locked), operation="lock_account")
        return _ACCOUNT.validate_json(rows[0][0]) if rows else None

    async def shown(self, account_id: str, *, tenant: str | None) -> bytes | None:
        """All there is of an account as JSON, its sessions too; None where there is none, or it was erased."""
        rows = await self._runner.run(_SHOW, (account_id, tenant), operation="show_account")
        return rows[0][0] if rows else None

    async def tenants_of(self, account_id: str) -> list[str | None]:
        """The tenant of an account, None where it has none; empty where there is no such account."""
        rows = await self._runner.run(_TENANT, (account_id,), operation="find_tenant_of_account")
        return [None if row[0] is None else row[0].decode() for row in rows]

    async def erase(self, account_id: str, *, tenant: str | None) -> bool:
        """Take away its name, its password and its roles, lock it, end its sessions; False where there is none."""
        return bool(await self._runner.run(_ERASE, (account_id, tenant), operation="erase_account"))

    async def replace_hash(self, account_id: str, old: str, *, new: str) -> bool:
        """Put another hash in the place of `old`; False where somebody else was faster."""
        return bool(await self._runner.run(_REPLACE_HASH, (account_id, old, new), operation="replace_password"))


def _lock(row: Row) -> AccountLock:
    is_real, shown, password_hash = row
    if not isinstance(is_real, bool) or not isinstance(shown, bytes) or not isinstance(password_hash, bytes):
        raise Bug
    return AccountLock(is_real=is_real, row=shown, password_hash=password_hash.decode())

"""The table of sessions, from a sign-in to a sign-out; each operation one statement."""

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from middleware.errors import Bug
from storage.credentials.account_table import AccountLock
from storage.postgres.connection import Row
from storage.postgres.statement import statement
from storage.runner import Runner

EXPIRE_AT_ONCE = 1_000
"""Sessions let go in one statement: a few milliseconds, so that nothing waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session with its account; the ages are told by the database's clock, in seconds.

    `latest` is the number of its latest refresh token, which was given out `refreshed_seconds_ago`.
    """

    id: str
    account_id: str
    name: str
    roles: tuple[str, ...]
    tenant: str | None
    is_locked: bool
    seed: str = field(repr=False)
    latest: int
    age_seconds: float
    refreshed_seconds_ago: float
    is_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What replicas have to hear of: the sessions that ended lately, and the signing keys that there are."""

    ended: tuple[str, ...]
    key_ids: tuple[str, ...]


_SESSION = TypeAdapter(StoredSession)
_NEWS = TypeAdapter(News)

_START = statement(
    "WITH account AS (UPDATE mainstay_internal.account SET signed_in_at = now()"
    " WHERE id = $2 AND password_hash = $3 AND locked_at IS NULL RETURNING id)"
    " INSERT INTO mainstay_internal.account_session (id, account_id, seed) SELECT $1, id, decode($4, 'hex')"
    " FROM account RETURNING id",
    types={"id": "text", "account_id": "text", "password_hash": "text", "seed": "text"},
)
_FIND = statement(
    "SELECT row_to_json(found)::text FROM (SELECT session.id, account.id AS account_id, account.name, account.roles,"
    " account.tenant, account.locked_at IS NOT NULL AS is_locked, encode(session.seed, 'hex') AS seed, session.latest,"
    " EXTRACT(epoch FROM now() - session.created_at)::double precision AS age_seconds,"
    " EXTRACT(epoch FROM now() - session.refreshed_at)::double precision AS refreshed_seconds_ago,"
    " session.ended_at IS NOT NULL AS is_ended"
    " FROM mainstay_internal.account_session AS session"
    " JOIN mainstay_internal.account AS account ON account.id = session.account_id WHERE session.id = $1) AS found",
    types={"id": "text"},
    writes=False,
)
_TURN = statement(
    "UPDATE mainstay_internal.account_session SET latest = latest + 1, refreshed_at = now()"
    " WHERE id = $1 AND latest = $2 AND ended_at IS NULL RETURNING latest",
    types={"id": "text", "latest": "integer"},
)
_END = statement(
    "UPDATE mainstay_internal.account_session SET ended_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING id",
    types={"id": "text"},
)
_END_ALL = statement(
    "UPDATE mainstay_internal.account_session SET ended_at = now()"
    " WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id",
    types={"account_id": "text", "kept": "text"},
)
_HEAR = statement(
    "SELECT json_build_object('ended', COALESCE((SELECT json_agg(id) FROM mainstay_internal.account_session"
    " WHERE ended_at > now() - make_interval(secs => $1)), '[]'),"
    " 'key_ids', COALESCE((SELECT json_agg(id ORDER BY id) FROM mainstay_internal.signing_key), '[]'))::text",
    types={"seconds": "double precision"},
    writes=False,
)
_EXPIRE = statement(
    "WITH old AS (SELECT id FROM mainstay_internal.account_session"
    " WHERE refreshed_at < now() - make_interval(secs => $1) ORDER BY refreshed_at LIMIT $2 FOR UPDATE SKIP LOCKED),"
    " gone AS (DELETE FROM mainstay_internal.account_session AS session USING old WHERE session.id = old.id"
    " RETURNING true) SELECT count(*) FROM gone",
    types={"seconds": "double precision", "rows": "bigint"},
)


class SessionTable:
    """The sessions of a database. Each method raises what its runner raises."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def start(self, session_id: str, lock: AccountLock, *, seed: bytes) -> bool:
        """Begin a session of whoever opened the lock; False where it was changed since, or the account locked."""
        values = (session_id, lock.account.id, lock.password_hash, seed.hex())
        return bool(await self._runner.run(_START, values, operation="start_session"))

    async def find(self, session_id: str) -> StoredSession | None:
        """The session of this id, whatever became of it."""
        rows = await self._runner.run(_FIND, (session_id,), operation="find_session")
        return _SESSION.validate_json(_text(rows[0])) if rows else None

    async def turn(self, session_id: str, latest: int) -> bool:
        """Count one refresh token more; False where somebody was faster, or it has ended."""
        return bool(await self._runner.run(_TURN, (session_id, latest), operation="turn_session"))

    async def end(self, session_id: str) -> bool:
        """End a session; False where it had ended."""
        return bool(await self._runner.run(_END, (session_id,), operation="end_session"))

    async def end_all(self, account_id: str, *, kept: str = "") -> list[str]:
        """End an account's sessions, but for one where one is `kept`; which."""
        rows = await self._runner.run(_END_ALL, (account_id, kept), operation="end_sessions")
        return [row[0].decode() for row in rows]

    async def hear(self, *, within_seconds: float) -> News:
        """What has happened in the last so many seconds."""
        (row,) = await self._runner.run(_HEAR, (within_seconds,), operation="hear_of_sessions")
        return _NEWS.validate_json(_text(row))

    async def expire(self, *, quiet_seconds: float) -> int:
        """Let go of some of the sessions nobody has refreshed for so long; how many."""
        ((gone,),) = await self._runner.run(_EXPIRE, (quiet_seconds, EXPIRE_AT_ONCE), operation="expire_sessions")
        return int(gone)


def _text(row: Row) -> bytes:
    if not isinstance(row[0], bytes):
        raise Bug
    return row[0]

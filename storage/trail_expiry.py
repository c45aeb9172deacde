"""Letting go of what the audit trail has kept long enough: by whoever owns it, since who serves may only add to it."""

from collections.abc import AsyncIterator

from storage.postgres.statement import statement
from storage.runner import Runner

AT_ONCE = 10_000
"""Entries in one statement: a tenth of a second's work."""

_EXPIRE = statement(
    "WITH gone AS (DELETE FROM mainstay_internal.audit_entry WHERE id IN ("
    "SELECT id FROM mainstay_internal.audit_entry WHERE created_at < now() - make_interval(secs => $1)"
    " ORDER BY id LIMIT $2) RETURNING true) SELECT count(*) FROM gone",
    types={"seconds": "double precision", "rows": "bigint"},
)


async def expire_entries(runner: Runner, *, older_than_seconds: float) -> AsyncIterator[int]:
    """Delete the entries that are older, a batch at a time; after each, how many it had."""
    bound = _EXPIRE.bind({"seconds": older_than_seconds, "rows": AT_ONCE})
    deleted = AT_ONCE
    while deleted == AT_ONCE:
        ((deleted,),) = await runner.run(_EXPIRE, bound, operation="expire_trail")
        yield deleted

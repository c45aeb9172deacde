"""`mainstay audit …`: what the audit trail has kept long enough is let go."""

import asyncio

from middleware.errors import Problem
from server.commands.backing import opened_pool, unheard
from server.commands.duration import seconds_of
from server.commands.reporting import FAILED, MISUSED, reported, tell
from server.settings import Settings, read_settings
from server.target_database import target_database
from storage.embedded import EmbeddedFailed
from storage.migrations.ledger import make_ready
from storage.migrations.stopped import MigrationStopped
from storage.trail_expiry import expire_entries


def run_expire(older_than: str) -> int:
    """Delete the entries older than this, as it was typed; the exit status."""
    try:
        seconds = seconds_of(older_than)
    except ValueError as error:
        tell(str(error))
        return MISUSED
    try:
        return reported(lambda: asyncio.run(_expire(read_settings(), older_than_seconds=seconds)))
    except (EmbeddedFailed, MigrationStopped) as error:
        tell(str(error) or (type(error).__doc__ or ""))
    except Problem as problem:
        tell(problem.detail, *([f"  {problem.__cause__}"] if problem.__cause__ else []))
    return FAILED


async def _expire(settings: Settings, *, older_than_seconds: float) -> None:
    async with target_database(settings, observe=unheard) as database:
        await asyncio.to_thread(make_ready, database.dsn)
        async with opened_pool(database.dsn) as pool:
            total = 0
            async for deleted in expire_entries(pool, older_than_seconds=older_than_seconds):
                total += deleted
                tell(f"{total:,} {'entry' if total == 1 else 'entries'} deleted")

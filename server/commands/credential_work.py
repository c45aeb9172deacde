"""What commands that manage credentials share: the database they work on, how replicas are told, how mistakes end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from middleware.errors import Problem
from server.commands.backing import opened_pool, revocation_stamp, unheard
from server.commands.reporting import FAILED, MISUSED, reported, tell
from server.settings import Settings, read_settings
from server.target_database import target_database
from storage.embedded import EmbeddedFailed
from storage.migrations.ledger import make_ready
from storage.migrations.stopped import MigrationStopped
from storage.postgres.dsn_form import place_of
from storage.postgres.pool import Pool
from storage.redis.revocation_stamp import RevocationStamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The database, and what tells the replicas, None where there can be none."""

    settings: Settings
    where: str
    """Which database it is, for people."""
    pool: Pool
    stamp: RevocationStamp | None


Task = Callable[[Reached], Awaitable[None]]


class Misused(Exception):  # noqa: N818 - it says what is wrong
    """The command was told something that makes no sense."""


def work(task: Task, *, stamp: str) -> int:
    """Do it on the database that the settings name, with the stamp of this name; the exit status."""
    wrong: list[str] = []

    def command() -> None:
        try:
            asyncio.run(_worked(read_settings(), task, stamp=stamp))
        except Misused as error:
            wrong.append(str(error))

    try:
        status = reported(command)
    except (EmbeddedFailed, MigrationStopped) as error:
        tell(str(error) or (type(error).__doc__ or ""))
        return FAILED
    except Problem as problem:
        tell(problem.detail, *([f"  {problem.__cause__}"] if problem.__cause__ else []))
        return FAILED
    if wrong:
        tell(*wrong)
        return MISUSED
    return status


async def _worked(settings: Settings, task: Task, *, stamp: str) -> None:
    if not settings.migrating_dsn and not settings.data_dir.exists():
        tell(
            f"There was no database in {settings.data_dir.absolute()}: it is made now.",
            "  If another was meant, run this in its service's folder, or with MAINSTAY_DATA_DIR.",
        )
    async with target_database(settings, observe=unheard) as database:
        await asyncio.to_thread(make_ready, database.dsn)
        async with opened_pool(database.dsn) as pool, revocation_stamp(settings, stamp) as told:
            await task(Reached(settings=settings, where=_place(settings), pool=pool, stamp=told))


def _place(settings: Settings) -> str:
    dsn = settings.migrating_dsn
    return place_of(dsn) if dsn else f"the embedded Postgres in {settings.data_dir.absolute()}"

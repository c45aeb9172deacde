"""`mainstay key …`: API keys made, listed, renewed and revoked in the database that a service uses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from middleware.errors import Problem
from server.commands.backing import opened_pool, revocation_stamp, unheard, whoever_types
from server.commands.duration import seconds_of
from server.commands.key_report import show_key, show_keys, show_revoked
from server.commands.reporting import FAILED, MISUSED, reported, tell
from server.identity.key_grants import GrantWrong, KeyWish, granted
from server.identity.key_ring import KeyRing
from server.settings import Settings, read_settings
from server.target_database import target_database
from storage.credentials.key_table import KeyTable
from storage.embedded import EmbeddedFailed
from storage.migrations.ledger import make_ready
from storage.migrations.stopped import MigrationStopped

Task = Callable[[KeyRing], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """What `mainstay key create` was given; `expires` as it was typed."""

    wish: KeyWish
    expires: str


def run_create(options: CreateOptions) -> int:
    """Make a key and show it; the exit status."""

    async def task(keys: KeyRing) -> None:
        lifetime = None if options.expires == "never" else seconds_of(options.expires)
        grant = granted(options.wish, expires_in_seconds=lifetime)
        show_key(await keys.make(grant, created_by=whoever_types()))

    return _run(task)


def run_list() -> int:
    """List the keys; the exit status."""

    async def task(keys: KeyRing) -> None:
        show_keys(await keys.shown())

    return _run(task)


def run_revoke(key_id: str) -> int:
    """Revoke a key; the exit status."""

    async def task(keys: KeyRing) -> None:
        show_revoked(await keys.revoke(key_id))

    return _run(task)


def run_rotate(key_id: str, *, overlap: str) -> int:
    """Put a new key in an old one's place; the exit status."""

    async def task(keys: KeyRing) -> None:
        seconds = 0.0 if overlap == "0" else seconds_of(overlap)
        show_key(await keys.rotate(key_id, overlap_seconds=seconds, created_by=whoever_types()))

    return _run(task)


def _run(task: Task) -> int:
    wrong: list[str] = []

    def command() -> None:
        try:
            asyncio.run(_with_keys(read_settings(), task))
        except (ValueError, GrantWrong) as error:
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


async def _with_keys(settings: Settings, task: Task) -> None:
    async with target_database(settings, observe=unheard) as database:
        await asyncio.to_thread(make_ready, database.dsn)
        async with opened_pool(database.dsn) as pool, revocation_stamp(settings) as stamp:
            await task(KeyRing(KeyTable(pool), stamp))

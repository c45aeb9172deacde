"""`mainstay key …`: API keys made, listed, renewed and revoked in the database that a service uses."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from middleware.errors import Problem
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from server.commands.duration import seconds_of
from server.commands.key_report import show_key, show_keys, show_revoked
from server.commands.reporting import FAILED, MISUSED, reported, tell
from server.identity.key_grants import GrantWrong, KeyWish, granted
from server.identity.key_ring import KeyRing
from server.settings import Settings, read_settings
from server.target_database import target_database
from storage.credentials.key_table import KeyTable
from storage.embedded import EmbeddedFailed, running_valkey
from storage.migrations.ledger import make_ready
from storage.migrations.stopped import MigrationStopped
from storage.postgres.pool import Pool
from storage.redis.client import RedisClient
from storage.redis.revocation_stamp import RevocationStamp
from telemetry.events import Event

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
        show_key(await keys.make(grant, created_by=_whoever_types()))

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
        show_key(await keys.rotate(key_id, overlap_seconds=seconds, created_by=_whoever_types()))

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
    async with target_database(settings, observe=_unheard) as database:
        await asyncio.to_thread(make_ready, database.dsn)
        async with _opened(database.dsn) as pool, _stamp(settings) as stamp:
            await task(KeyRing(KeyTable(pool), stamp))


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[Pool]:
    pool = Pool(dsn, policy=PoolPolicy(minimum=1, maximum=1), senses=Senses(observe=_unheard))
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def _stamp(settings: Settings) -> AsyncIterator[RevocationStamp | None]:
    """The way to tell the replicas; None where the embedded Valkey does not run, and so no replica either."""
    url = settings.redis_url.get_secret_value() or running_valkey(settings.data_dir)
    if not url:
        yield None
        return
    redis = RedisClient(url, policy=RedisPolicy(), senses=Senses(observe=_unheard))
    try:
        yield RevocationStamp(redis)
    finally:
        await redis.close()


def _whoever_types() -> str:
    """Who made a key, for whoever asks later: an account of this machine is nobody's subject."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return "cli"


def _unheard(_event: Event) -> None:
    """A command says what went wrong in its own words."""

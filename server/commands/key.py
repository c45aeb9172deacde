"""`mainstay key …`: API keys made, listed, renewed and revoked in the database that a service uses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.commands.backing import whoever_types
from server.commands.credential_work import Misused, Reached, work
from server.commands.duration import seconds_of
from server.commands.key_report import show_key, show_keys, show_revoked
from server.identity.key_grants import GrantWrong, KeyWish, granted
from server.identity.key_ring import KeyRing
from storage.credentials.key_table import KeyTable
from storage.redis.revocation_stamp import KEYS_STAMP

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
    async def on_keys(reached: Reached) -> None:
        try:
            await task(KeyRing(KeyTable(reached.pool), reached.stamp))
        except (ValueError, GrantWrong) as error:
            raise Misused(str(error)) from error

    return work(on_keys, stamp=KEYS_STAMP)

"""`mainstay key …`: API keys made, listed, renewed and revoked in the database that a service uses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from server.commands.backing import whoever_types
from server.commands.credential_work import Misused, Reached, work
from server.commands.duration import seconds_of
from server.commands.key_report import show_key, show_keys, show_revoked
from server.identity.declared_roles import roles_unknown
from server.identity.key_grants import GrantWrong, KeyWish, granted
from server.identity.key_ring import KeyRing
from server.service_file import checked_file
from storage.credentials.key_table import KeyTable
from storage.redis.revocation_stamp import KEYS_STAMP


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of a database, and which that is, for people."""

    ring: KeyRing
    where: str


Task = Callable[[Keys], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """What `mainstay key create` was given; `expires` as it was typed, `file` the service's, where that is said."""

    wish: KeyWish
    expires: str
    file: Path | None = None


def run_create(options: CreateOptions) -> int:
    """Make a key and show it; the exit status."""

    async def task(keys: Keys) -> None:
        lifetime = _lifetime(options.expires)
        if options.file is not None and (unknown := [*roles_unknown(options.wish.roles, checked_file(options.file))]):
            raise GrantWrong(unknown)
        grant = granted(options.wish, expires_in_seconds=lifetime)
        show_key(await keys.ring.make(grant, created_by=whoever_types()), where=keys.where)

    return _run(task)


def _lifetime(text: str) -> float | None:
    if text == "never":
        return None
    try:
        return seconds_of(text)
    except ValueError as error:
        raise ValueError(f"{error}, or never") from error


def run_list() -> int:
    """List the keys; the exit status."""

    async def task(keys: Keys) -> None:
        show_keys(await keys.ring.shown())

    return _run(task)


def run_revoke(key_id: str) -> int:
    """Revoke a key; the exit status."""

    async def task(keys: Keys) -> None:
        show_revoked(await keys.ring.revoke(key_id))

    return _run(task)


def run_rotate(key_id: str, *, overlap: str) -> int:
    """Put a new key in an old one's place; the exit status."""

    async def task(keys: Keys) -> None:
        seconds = 0.0 if overlap == "0" else seconds_of(overlap)
        show_key(await keys.ring.rotate(key_id, overlap_seconds=seconds, created_by=whoever_types()), where=keys.where)

    return _run(task)


def _run(task: Task) -> int:
    async def on_keys(reached: Reached) -> None:
        try:
            ring = KeyRing(KeyTable(reached.pool), reached.stamp)
            await task(Keys(ring=ring, where=reached.where))
        except (ValueError, GrantWrong) as error:
            raise Misused(str(error)) from error

    return work(on_keys, stamp=KEYS_STAMP)

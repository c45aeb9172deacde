"""`mainstay subject …`: one person's data, shown whole or erased."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from middleware.errors import Problem
from server.commands.backing import opened_pool, revocation_stamp, unheard, whoever_types
from server.commands.cache_told import clear_cache
from server.commands.reporting import FAILED, reported, tell
from server.declaration import Declaration
from server.encryption_keys import EncryptionKeysUnfit, cipher_for
from server.identity.key_ring import KeyRing
from server.identity.subjects import Holdings, Subject, Subjects
from server.record_tables import record_tables
from server.schema_start import SchemaStart
from server.service_file import checked_file
from server.settings import Settings, read_settings
from server.target_database import target_database
from storage.credentials.key_table import KeyTable
from storage.embedded import EmbeddedFailed
from storage.migrations.stopped import MigrationStopped
from storage.redis.revocation_stamp import SESSIONS_STAMP, RevocationStamp
from storage.subjects.subject_records import SubjectRecords
from storage.tables.schema import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A service's database, opened for one command."""

    subjects: Subjects
    sessions: RevocationStamp | None
    """What tells the replicas that sessions have ended; None where there can be none."""
    declaration: Declaration
    settings: Settings


Task = Callable[[Open], Awaitable[None]]


def run_export(file: Path, subject: Subject, *, output: Path | None) -> int:
    """Write all there is of a person; the exit status."""

    async def task(open_: Open) -> None:
        held = await open_.subjects.held(subject)
        await _tell_of_more(open_.subjects, subject)
        if held.is_empty:
            tell(_nothing(subject))
        document = await open_.subjects.shown(subject, by=whoever_types())
        await asyncio.to_thread(_write, document + b"\n", output)
        if output is not None:
            tell(f"{output}: {_told(held)}")

    return _run(file, task)


def run_erase(file: Path, subject: Subject, *, apply: bool) -> int:
    """Erase a person's data, or say what that would do; the exit status."""

    async def task(open_: Open) -> None:
        held = await open_.subjects.held(subject)
        await _tell_of_more(open_.subjects, subject)
        if held.is_empty:
            tell(_nothing(subject))
            return
        if not apply:
            _show_plan(held, open_.subjects.records)
            return
        erased = await open_.subjects.erase(subject, by=whoever_types())
        tell(f"Erased: {_told(erased)}.")
        if not (await open_.subjects.keys.announce() and await _announced(open_.sessions)):
            tell("The running replicas could not be told (Redis does not answer): they notice within 60 s.")
        # An answer that is merely outdated would lie in Redis for another day.
        await clear_cache(open_.declaration.service, open_.settings, secret=open_.subjects.secret)

    return _run(file, task)


def _write(document: bytes, output: Path | None) -> None:
    """To a file that nobody else may read, or to the standard output."""
    if output is None:
        sys.stdout.buffer.write(document)
        sys.stdout.flush()
        return
    output.touch(mode=0o600)
    output.chmod(0o600)  # also where it was there before
    output.write_bytes(document)


def _run(file: Path, task: Task) -> int:
    try:
        return reported(lambda: asyncio.run(_opened(file, task)))
    except (EmbeddedFailed, EncryptionKeysUnfit, MigrationStopped) as error:
        tell(str(error) or (type(error).__doc__ or ""))
    except Problem as problem:
        tell(problem.detail, *([f"  {problem.__cause__}"] if problem.__cause__ else []))
    return FAILED


async def _opened(file: Path, task: Task) -> None:
    declaration, settings = checked_file(file), read_settings()
    name = declaration.service.name
    async with target_database(settings, service=name, observe=unheard) as target:
        start = SchemaStart(
            declaration=declaration, settings=settings.model_copy(update={"migrate": "never"}), observe=unheard
        )
        secret = await start.run(target.dsn)
        cipher = cipher_for(declaration.types.values(), settings)
        async with (
            opened_pool(target.dsn) as pool,
            revocation_stamp(settings) as stamp,
            revocation_stamp(settings, SESSIONS_STAMP) as sessions,
        ):
            types = declaration.types
            records = SubjectRecords(record_tables(types, cipher=cipher).values(), tables(types))
            keys = KeyRing(KeyTable(pool), stamp)
            subjects = Subjects(records=records, pool=pool, keys=keys, secret=secret)
            await task(Open(subjects=subjects, sessions=sessions, declaration=declaration, settings=settings))


async def _announced(sessions: RevocationStamp | None) -> bool:
    """Have the replicas hear of sessions that ended; False where that fails, and they notice by themselves."""
    try:
        if sessions is not None:
            await sessions.change()
    except Problem:
        return False
    return True


def _show_plan(held: Holdings, records: SubjectRecords) -> None:
    for table, count in held.records.items():
        if count:
            fields = ", ".join(records.private[table]) or "nothing: no field of it is Private()"
            tell(f"  {_counted(count, 'record')} of {table}: nobody's from then on; erased {fields}")
    if held.keys:
        tell(f"  {_counted(held.keys, 'API key')}: revoked, the name erased")
    if held.accounts:
        tell("  the account: its name, password and roles erased, its sessions ended")
    tell("", "Nothing has been changed. To do it: the same with --apply.")


def _told(held: Holdings) -> str:
    parts = [f"{_counted(count, 'record')} of {table}" for table, count in held.records.items() if count]
    keys = [_counted(held.keys, "API key")] if held.keys else []
    return ", ".join([*parts, *keys, *(["the account"] if held.accounts else [])]) or "nothing"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


async def _tell_of_more(subjects: Subjects, subject: Subject) -> None:
    """A person of another tenant is another person to the service, though perhaps the same one to whoever asks."""
    if subject.tenant is not None and not (await subjects.held(Subject(id=subject.id))).is_empty:
        tell(f"There is more of {subject.id} without a tenant: the same without --tenant.")
    for tenant in await subjects.tenants(subject):
        tell(f"There is more of {subject.id} under the tenant {tenant}: the same with --tenant {tenant}.")


def _nothing(subject: Subject) -> str:
    whose = subject.id if subject.tenant is None else f"{subject.id} of {subject.tenant}"
    nothing = f"There is nothing of {whose} here: no record that remembers it, no API key, no account."
    if "@" not in subject.id:
        return nothing
    return f"{nothing}\nA person is named by its subject: `mainstay account list` shows that of each account."

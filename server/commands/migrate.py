"""`mainstay migrate FILE`: what leads from the database to the declared tables, shown, done, or written to files."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from server.commands.migration_report import MigrationReport
from server.commands.reporting import FAILED, MISUSED, reported, tell
from server.service_file import checked_file
from server.settings import read_settings, unknown_settings
from server.standard_error import STANDARD_ERROR, command_log
from server.target_database import target_database
from storage.embedded import EmbeddedFailed
from storage.migrations.applying import apply
from storage.migrations.migration_thread import on_migration_thread
from storage.migrations.planning import Target, plan
from storage.migrations.revision_files import write_revision
from storage.migrations.revisions import apply_revisions, unapplied
from storage.migrations.serving_rights import grant_missing, missing_grants
from storage.migrations.stopped import MigrationStopped
from storage.tables.schema import tables
from telemetry.log_sink import Sink

INTERRUPTED = 128 + signal.SIGINT
"""What a shell says of a command that Ctrl-C ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateOptions:
    """What `mainstay migrate` is asked to do; by default it only shows the plan."""

    apply: bool = False
    only_safe: bool = False
    """Do what can be done although other steps are refused."""
    allow: frozenset[str] = frozenset()
    """The names of steps to do although they are refused by default."""
    write: Path | None = None
    """A folder to write the plan to, as a revision."""
    from_: Path | None = None
    """A folder of reviewed revisions to follow instead of making a plan."""
    message: str = ""
    """What the written revision is for."""
    grant: str = ""
    """A role to give the rights it serves with."""

    def misuse(self) -> str:
        """What makes no sense together, in a sentence; empty if all does."""
        if self.write and (self.apply or self.from_):
            return "--write only writes: apply what it wrote with --from DIR --apply."
        if self.grant and self.write:
            return "--grant gives rights in a database, which no revision holds: give it with --apply."
        if self.message and not self.write:
            return "--message says what a written revision is for: give --write DIR."
        if self.from_ and (self.allow or self.only_safe):
            return "--from DIR does what the reviewed revisions say: --allow and --only-safe have no say in it."
        if self.from_ and not self.from_.is_dir():
            return f"{self.from_}: there is no such folder; --write DIR makes one."
        return ""


def run_migrate(file: Path, *, options: MigrateOptions) -> int:
    """Show, do or write what FILE's service needs; the exit status.

    0: nothing was refused, 1: a step was refused or failed, 2: the command makes no sense.
    """
    misuse = options.misuse()
    if misuse:
        tell(misuse)
        return MISUSED
    report = MigrationReport.to_standard_output(file)
    refused: list[bool] = []
    try:
        status = reported(lambda: refused.append(not _migrate(file, options, report=report)))
    except (EmbeddedFailed, MigrationStopped) as error:
        tell(str(error) or (type(error).__doc__ or ""))
        return FAILED
    except KeyboardInterrupt:
        tell("Interrupted: whole steps are done; the same command goes on from there.")
        return INTERRUPTED
    return status or (FAILED if any(refused) else 0)


def _migrate(file: Path, options: MigrateOptions, *, report: MigrationReport) -> bool:
    """Whether nothing was refused."""
    settings = read_settings()
    declaration = checked_file(file)
    name = declaration.service.name
    observe = command_log(declaration.service, settings, sink=Sink(STANDARD_ERROR))
    for unknown in unknown_settings(os.environ):
        observe(unknown)
    work = _work(options, report)

    async def run() -> bool:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
        async with target_database(settings, service=name, observe=observe) as database:
            target = Target(dsn=database.dsn, service=name, metadata=tables(declaration.types))
            return await on_migration_thread(target, work)

    return asyncio.run(run())


def _work(options: MigrateOptions, report: MigrationReport) -> Callable[[Target], bool]:
    if options.grant:
        return lambda target: _granting(target, options, report=report)
    if options.from_ is not None and options.apply:
        return lambda target: _follow(target, options.from_ or Path(), report=report)
    if options.from_ is not None:
        return lambda target: _show_revisions(target, options.from_ or Path(), report=report)
    if options.write is not None:
        return lambda target: _write(target, options, report=report)
    if options.apply:
        return lambda target: _apply(target, options, report=report)
    return lambda target: _show(target, options, report=report)


def _granting(target: Target, options: MigrateOptions, *, report: MigrationReport) -> bool:
    is_done = _work(replace(options, grant=""), report)(target)
    with target.connected() as session:
        give = grant_missing if options.apply else missing_grants
        report.grants(
            give(session, options.grant, tables=target.metadata.tables), role=options.grant, done=options.apply
        )
    return is_done


def _show(target: Target, options: MigrateOptions, *, report: MigrationReport) -> bool:
    found = plan(target, allow=options.allow)
    report.show(found, allowed=options.allow)
    report.offer(found, allowed=options.allow)
    return not found.refused


def _apply(target: Target, options: MigrateOptions, *, report: MigrationReport) -> bool:
    done = apply(target, allow=options.allow, only_safe=options.only_safe, progress=report.begin)
    report.applied(done, allowed=options.allow)
    return not done.refused


def _write(target: Target, options: MigrateOptions, *, report: MigrationReport) -> bool:
    folder = options.write or Path()
    waiting = unapplied(target, folder)
    if waiting:
        names = ", ".join(revision.path.name for revision in waiting)
        report.say(f"{folder} holds what this database has not seen yet: {names}. Apply it first, with --from.")
        return False
    found = plan(target, allow=options.allow)
    report.show(found, allowed=options.allow)
    if found.steps and (options.only_safe or not found.refused):
        report.written(write_revision(found, folder, message=options.message))
    return not found.refused


def _follow(target: Target, folder: Path, *, report: MigrationReport) -> bool:
    done = apply_revisions(target, folder, progress=report.begin)
    report.followed(done)
    return done.remaining.is_empty


def _show_revisions(target: Target, folder: Path, *, report: MigrationReport) -> bool:
    report.revisions(folder, unapplied(target, folder))
    return True

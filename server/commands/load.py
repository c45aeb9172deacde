"""`mainstay load FILE DIR`: a folder's NDJSON files, checked and stored."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.cached_tables import cached_resources, tables_shown
from server.commands.load_progress import load_progress
from server.commands.load_report import report
from server.commands.reporting import FAILED, reported, tell
from server.declaration import Declaration
from server.encryption_keys import EncryptionKeysUnfit, cipher_for
from server.loading.data_files import DataFile, FolderUnfit, data_files
from server.loading.line_reader import ReadingLimits
from server.loading.loader import Loader, LoadOptions
from server.loading.outcome import Outcome
from server.redis_settings import redis_address
from server.schema_start import SchemaStart
from server.service_file import checked_file
from server.settings import Settings, read_settings, unknown_settings
from server.standard_error import STANDARD_ERROR, command_log
from server.target_database import TargetDatabase, target_database
from storage.bulk.bulk_session import LoadFailed
from storage.bulk.bulk_thread import on_bulk_thread
from storage.embedded import EmbeddedFailed, running_valkey
from storage.migrations.stopped import MigrationStopped
from telemetry.events import Observe
from telemetry.log_sink import Sink

INTERRUPTED = 128 + signal.SIGINT
"""What a shell says of a command that Ctrl-C ended."""


def run_load(file: Path, folder: Path, *, options: LoadOptions) -> int:
    """Load the folder's files into the tables of FILE's service; the exit status."""
    done = _Done()
    try:
        status = reported(lambda: _load(file, folder, options=options, done=done))
    except (FolderUnfit, LoadFailed, EmbeddedFailed, EncryptionKeysUnfit, MigrationStopped) as error:
        tell(str(error) or (type(error).__doc__ or ""))
        status = FAILED
    except KeyboardInterrupt:
        tell("Interrupted.")
        status = INTERRUPTED
    report(done.outcomes, seconds=done.seconds)
    return status or (FAILED if any(outcome.failed for outcome in done.outcomes) else 0)


@dataclass(slots=True)
class _Done:
    """What a load has done so far, and the seconds it took."""

    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0


def _load(file: Path, folder: Path, *, options: LoadOptions, done: _Done) -> None:
    settings = read_settings()
    declaration = checked_file(file)
    files = data_files(folder, declaration)
    limited = replace(options, limits=ReadingLimits(line_bytes=settings.body_bytes))
    with closing(Sink(STANDARD_ERROR)) as sink:
        observe = command_log(declaration.service, settings, sink=sink)
        for unknown in unknown_settings(os.environ):
            observe(unknown)
        asyncio.run(_Load(declaration, settings, files=files, options=limited, observe=observe).run(done))


@dataclass(frozen=True, slots=True)
class _Load:
    """A load, with all it needs."""

    declaration: Declaration
    settings: Settings
    files: Sequence[DataFile] = field(kw_only=True)
    options: LoadOptions = field(kw_only=True)
    observe: Observe = field(kw_only=True)

    async def run(self, done: _Done) -> None:
        """Bring the tables in, if need be, and fill them."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
        name = self.declaration.service.name
        async with target_database(self.settings, service=name, observe=self.observe) as target:
            secret = await self._bring_tables(target)
            try:
                await self._fill(target, done)
            finally:
                await self._make_known(done, secret)

    async def _bring_tables(self, target: TargetDatabase) -> bytes:
        """Never change the tables of a service that runs: it has applied what it declares. The service's secret."""
        changes = {"migrate": "never"} if target.serves else {}
        settings = self.settings.model_copy(update=changes)
        start = SchemaStart(declaration=self.declaration, settings=settings, observe=self.observe)
        secret = await start.run(target.dsn)
        if target.serves:
            tell(f"{self.settings.data_dir} is in use: loading into the Postgres that runs there.")
        return secret

    async def _fill(self, target: TargetDatabase, done: _Done) -> None:
        began_seconds = time.monotonic()
        cipher = cipher_for(self.declaration.types.values(), self.settings)
        try:
            with load_progress(self.files) as progress:
                await on_bulk_thread(
                    target.dsn,
                    lambda session: Loader(
                        session=session,
                        declaration=self.declaration,
                        options=self.options,
                        progress=progress,
                        cipher=cipher,
                        outcomes=done.outcomes,
                    ).load(self.files),
                )
        finally:
            done.seconds = time.monotonic() - began_seconds

    async def _make_known(self, done: _Done, secret: bytes) -> None:
        """Have a running service's cache give up what it has kept of the tables that got rows."""
        got = {outcome.file.record_type.table for outcome in done.outcomes if outcome.rows}
        tables = got & tables_shown(cached_resources(self.declaration.service), self.declaration)
        url = redis_address(self.settings) or running_valkey(self.settings.data_dir)
        if not tables or not url:
            return
        from server.commands.cache_told import CacheNotTold, tell_cache  # noqa: PLC0415 - redis-py is slow to import

        try:
            await tell_cache(url, tables, secret=secret)
        except CacheNotTold as failed:
            tell(str(failed))

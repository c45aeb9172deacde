"""What `mainstay serve --seed DIR` loads when the service starts for the first time."""

import sys
from pathlib import Path

from server.commands.load_report import bad_lines
from server.commands.reporting import tell
from server.declaration import Declaration
from server.encryption_keys import cipher_for
from server.loading.data_files import data_files
from server.loading.line_reader import ReadingLimits
from server.loading.loader import Loader, LoadOptions
from server.loading.outcome import Outcome
from server.parts import Seed
from server.settings import Settings
from storage.bulk.bulk_session import LoadFailed
from storage.bulk.bulk_thread import on_bulk_thread


class Unseen:
    """A progress nobody watches."""

    def doing(self, what: str) -> None:
        """Say nothing."""

    def advanced(self, lines: int) -> None:
        """Say nothing."""


def seed_from(folder: Path, declaration: Declaration, *, settings: Settings) -> Seed:
    """Load the folder's files together, if all tables are empty; raises FolderUnfit at once.

    What it returns raises LoadFailed, having told of every bad line; then nothing was loaded.
    """
    files = data_files(folder, declaration)
    options = LoadOptions(limits=ReadingLimits(line_bytes=settings.body_bytes))

    async def seed(dsn: str) -> None:
        outcomes: list[Outcome] = []
        cipher = cipher_for(declaration.types.values(), settings)
        await on_bulk_thread(
            dsn,
            lambda session: Loader(
                session=session,
                declaration=declaration,
                options=options,
                progress=Unseen(),
                cipher=cipher,
                outcomes=outcomes,
            ).load_first_time(files),
        )
        if any(outcome.failed for outcome in outcomes):
            tell(*(line for outcome in outcomes for line in bad_lines(outcome)))
            raise LoadFailed(f"{folder} has bad lines, so nothing of it was loaded.")
        rows = sum(outcome.rows for outcome in outcomes)
        if rows:
            sys.stdout.write(f"Loaded {rows:,} rows from {folder}\n")

    return seed

"""Before the first request: are the declared tables in the database, and with what are cursors signed."""

import asyncio
import time
from dataclasses import dataclass

from server.declaration import Declaration
from server.settings import Settings
from storage.migrations.ledger import SchemaState, read_state
from storage.migrations.stopped import SchemaNotCurrent
from storage.tables.schema import fingerprint, tables
from telemetry.events import Observe, SchemaApplied


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStart:
    """Brings a service and its database together, as far as the settings allow."""

    declaration: Declaration
    settings: Settings
    observe: Observe

    async def run(self, dsn: str) -> bytes:
        """The secret cursors are signed with; raises SchemaNotCurrent where a person has to migrate first."""
        state = await asyncio.to_thread(read_state, dsn, self.declaration.service.name)
        wanted = fingerprint(tables(self.declaration.types))
        if state is not None and state.fingerprint == wanted:
            return state.cursor_secret
        if not self.settings.migrates:
            raise SchemaNotCurrent
        return (await asyncio.to_thread(self._apply, dsn)).cursor_secret

    def _apply(self, dsn: str) -> SchemaState:
        from storage.migrations.applying import apply  # noqa: PLC0415 - Alembic is slow to import, and seldom needed
        from storage.migrations.planning import Target  # noqa: PLC0415 - as above

        began_seconds = time.monotonic()
        name = self.declaration.service.name
        done = apply(Target(dsn=dsn, service=name, metadata=tables(self.declaration.types)), only_safe=True)
        state = read_state(dsn, name)
        if done.missing or state is None:
            raise SchemaNotCurrent(tuple(step.name for step in done.missing))
        duration_seconds = time.monotonic() - began_seconds
        self.observe(SchemaApplied(steps=len(done.steps), duration_seconds=duration_seconds))
        return state

"""Before the first request: are the declared tables in the database, and with what are cursors signed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.declaration import Declaration
from server.settings import Settings
from storage.embedded import own_folder
from storage.migrations.ledger import SchemaState, read_state, taken_tables
from storage.migrations.serving_rights import grant_missing, missing_grants
from storage.migrations.session import connected
from storage.migrations.stopped import RightRefused, RightsMissing, SchemaNotCurrent, TablesTaken
from storage.tables.schema import fingerprint, tables
from telemetry.events import Observe, SchemaApplied, SchemaAwaited, ServedAsSuperuser

_LOOK_SECONDS = 1.0
"""A question a second from each process that waits, while somebody migrates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStart:
    """Brings a service and its database together, as far as the settings allow."""

    declaration: Declaration
    settings: Settings
    observe: Observe
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, dsn: str, *, serving_dsn: str = "") -> bytes:
        """The secret cursors are signed with; the role of `serving_dsn`, where it is another, gets its rights.

        Raises SchemaNotCurrent where a person has to migrate first, RightsMissing where a person has to give the role
        its rights, and TablesTaken where the database is another service's; nothing has been changed then. Where it is
        to wait, the first two are waited for: somebody else migrates.
        """
        is_told = False
        while True:
            try:
                return await self._together(dsn, serving_dsn)
            except (SchemaNotCurrent, RightsMissing, RightRefused) as missing:
                if self.settings.migrate != "wait":
                    raise
                if not is_told:
                    self.observe(SchemaAwaited(reason=str(missing)))
                is_told = True
            await self.sleep(_LOOK_SECONDS)

    async def _together(self, dsn: str, serving_dsn: str) -> bytes:
        secret = await self._brought_in(dsn)
        if serving_dsn:
            await asyncio.to_thread(self._let_serve, dsn, serving_dsn)
        return secret

    async def _brought_in(self, dsn: str) -> bytes:
        state = await asyncio.to_thread(read_state, dsn, self.declaration.service.name)
        wanted = fingerprint(tables(self.declaration.types))
        if state is not None and state.fingerprint == wanted:
            return state.cursor_secret
        await asyncio.to_thread(self._refuse_taken, dsn)
        if not self.settings.migrates:
            raise SchemaNotCurrent
        return (await asyncio.to_thread(self._apply, dsn)).cursor_secret

    def _refuse_taken(self, dsn: str) -> None:
        service = self.declaration.service.name
        declared = {record_type.table for record_type in self.declaration.types.values()}
        taken = taken_tables(dsn, service, declared=declared)
        if not taken:
            return
        owners, names = " and ".join(sorted(set(taken.values()))), ", ".join(sorted(taken))
        place, advice = "The database", f"give {service} a database of its own"
        if self.settings.is_embedded:
            folder = self.settings.data_dir.absolute()
            place, advice = str(folder), own_folder(folder, service)
        raise TablesTaken(
            f"{place} holds the data of {owners}, and {service} declares tables of the same name: {names}.\n"
            f"If they are two services, {advice}\n"
            f"If {service} is a new name of {owners}, let it take them over: `mainstay migrate FILE` says how."
        )

    def _let_serve(self, dsn: str, serving_dsn: str) -> None:
        declared = tables(self.declaration.types).tables
        with connected(serving_dsn) as session:
            ((role, is_superuser),) = session.rows("SELECT current_user, current_setting('is_superuser') = 'on'")
            lacking = missing_grants(session, role, tables=declared)
        if is_superuser:
            self.observe(ServedAsSuperuser(role=role))
        if lacking and serving_dsn == dsn:
            raise RightsMissing(role, lacking)
        if lacking:
            with connected(dsn) as session:
                grant_missing(session, role, tables=declared)

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

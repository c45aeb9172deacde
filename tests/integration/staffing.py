"""A small service whose tables refer to each other in a circle and to themselves, and how tests load into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field

from server.declaration import checked
from server.identity.access import ANYONE
from server.loading.data_files import data_files
from server.loading.line_reader import ReadingLimits
from server.loading.loader import Loader, LoadOptions
from server.loading.outcome import Outcome
from server.schema_start import SchemaStart
from server.service import Resource, Service
from server.settings import Settings
from storage.bulk.bulk_session import BulkSession
from storage.bulk.bulk_thread import on_bulk_thread
from storage.model import Indexed, Key, Model, Reference, Unique
from tests.recorder import Recorder


class Town(Model):
    code: Annotated[str, Key()]
    name: Annotated[str, Unique()]


class Person(Model):
    person_id: Annotated[int, Key()]
    name: Annotated[str, Indexed(), Field(min_length=1)]
    boss_id: Annotated[int | None, Reference("Person", expand_as="boss")] = None
    team: Annotated[str | None, Reference("Team", expand_as="team_record")] = None
    pay: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)] = Decimal("0.00")
    marks: dict[str, str] = {}


class Team(Model, constraints=[Unique("town", "room")]):
    name: Annotated[str, Key()]
    lead_id: Annotated[int | None, Reference(Person, expand_as="lead")] = None
    town: Annotated[str, Reference(Town, expand_as="town_record")]
    room: int | None = None


class Badge(Model):
    person_id: Annotated[int, Reference(Person)]


DECLARATION = checked(
    Service(
        name="staffing",
        resources=[
            Resource(Badge, "/badges", access=ANYONE),
            Resource(Person, "/people", access=ANYONE),
            Resource(Team, "/teams", access=ANYONE),
            Resource(Town, "/towns", access=ANYONE),
        ],
    )
)


async def bring_tables(dsn: str) -> None:
    """Make the service's tables."""
    await SchemaStart(declaration=DECLARATION, settings=Settings(migrate="safe"), observe=Recorder()).run(dsn)


@dataclass(slots=True)
class Watcher:
    """Remembers how far a load came."""

    steps: list[str] = field(default_factory=list)
    lines: int = 0

    def doing(self, what: str) -> None:
        self.steps.append(what)

    def advanced(self, lines: int) -> None:
        self.lines += lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Loads folders into one database."""

    dsn: str
    folder: Path
    watcher: Watcher = field(default_factory=Watcher)

    async def __call__(
        self, files: Mapping[str, Sequence[str]], *, first_time: bool = False, **options: bool
    ) -> list[Outcome]:
        """Write these files, each given as its lines, and load them."""
        for name, lines in files.items():
            (self.folder / f"{name}.ndjson").write_text("".join(f"{line}\n" for line in lines))
        found = data_files(self.folder, DECLARATION)
        outcomes: list[Outcome] = []

        def work(session: BulkSession) -> None:
            loader = Loader(
                session=session,
                declaration=DECLARATION,
                options=LoadOptions(limits=ReadingLimits(), **options),
                progress=self.watcher,
                outcomes=outcomes,
            )
            loader.load_first_time(found) if first_time else loader.load(found)

        await on_bulk_thread(self.dsn, work)
        return outcomes


def told(outcomes: Sequence[Outcome]) -> dict[str, tuple[str, int]]:
    """What became of each table's file, and how many rows the table got."""
    return {outcome.file.record_type.table: (outcome.fate, outcome.rows) for outcome in outcomes}


def faults(outcomes: Sequence[Outcome]) -> list[tuple[str, int, str | None, str]]:
    """Every fault: table, line, pointer, sentence."""
    return [
        (outcome.file.record_type.table, bad.line, fault.pointer, fault.detail)
        for outcome in outcomes
        for bad in outcome.bad.first
        for fault in bad.faults
    ]

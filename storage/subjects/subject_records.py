"""The records of one person, in all tables whose rows remember who made them."""

from collections.abc import AsyncIterator, Iterable, Mapping

from sqlalchemy import MetaData, Table, Text, bindparam, func, or_, select

from storage.listing import Listing, Order
from storage.origin import Origin
from storage.postgres.statement import Statement, compiled
from storage.postgres.trail import origin_parameters
from storage.records import Records, RecordTable
from storage.runner import Runner
from storage.scope import OWNER_COLUMN, Scope
from storage.subjects.erasure import erasure

AT_ONCE = 200
"""How many records are read in one statement."""


class SubjectRecords:
    """Finds and erases them; raises what the runner raises. A person is named as its principal is."""

    def __init__(self, record_tables: Iterable[RecordTable], metadata: MetaData) -> None:
        self._tables = sorted((one for one in record_tables if one.type.is_owned), key=lambda one: one.type.table)
        self._names = {one.type.table: _names_in(metadata.tables[one.type.table]) for one in self._tables}
        self._erasures = {one.type.table: erasure(one.type, metadata.tables[one.type.table]) for one in self._tables}

    @property
    def private(self) -> Mapping[str, tuple[str, ...]]:
        """For each table the fields that are erased."""
        return {one.type.table: tuple(field.name for field in one.type.fields if field.private) for one in self._tables}

    async def names(self, runner: Runner, person: str, *, ending: str) -> frozenset[str]:
        """Those of the names of owners that are the person's: its own, and those with this ending."""
        found: set[str] = set()
        for statement in self._names.values():
            bound = statement.bind({"name": person, "ending": ending})
            rows = await runner.run(statement, bound, operation="find_owner")
            found.update(row[0].decode() for row in rows)
        return frozenset(found)

    async def counted(self, runner: Runner, person: str) -> Mapping[str, int]:
        """How many records of the person each table has."""
        counts = {}
        for table in self._tables:
            page = await _records(table, runner, person=person).page(_listing(table, limit=1, count=True))
            counts[table.type.table] = page.total or 0
        return counts

    async def shown(self, runner: Runner, person: str) -> AsyncIterator[tuple[str, bytes]]:
        """The person's records page by page: the table, and their JSON, joined by commas."""
        for table in self._tables:
            after: tuple[str | None, ...] | None = ()
            while after is not None:
                page = await _records(table, runner, person=person).page(_listing(table, limit=AT_ONCE, after=after))
                if page.items:
                    yield table.type.table, table.opened(page.items)
                after = page.after

    async def erase(self, runner: Runner, person: str, *, origin: Origin) -> Mapping[str, int]:
        """Erase them; how many each table had. In the trail of audited ones it has this origin."""
        counts = {}
        for table, statement in self._erasures.items():
            bound = statement.bind({OWNER_COLUMN: person, **origin_parameters(origin)})
            rows = await runner.run(statement, bound, operation="erase")
            counts[table] = len(rows)
        return counts


def _names_in(table: Table) -> Statement:
    """The different names of owners in a table that are a person's."""
    owner, ending = table.c[OWNER_COLUMN], bindparam("ending", type_=Text())
    is_theirs = or_(owner == bindparam("name", type_=Text()), func.right(owner, func.length(ending)) == ending)
    return compiled(select(owner).distinct().where(is_theirs))


def _records(table: RecordTable, runner: Runner, *, person: str) -> Records:
    return Records(table, runner, scope=Scope(bounds={table.type.table: {OWNER_COLUMN: person}}))


def _listing(table: RecordTable, *, limit: int, after: tuple[str | None, ...] = (), count: bool = False) -> Listing:
    return Listing(order=(Order(field=table.type.key),), after=after, limit=limit, count=count)

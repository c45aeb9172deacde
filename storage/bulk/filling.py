"""Fills some tables together: their rows staged, then moved in by one transaction, whatever refers to whatever."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import MetaData

from storage.bulk.bad_lines import BadLines
from storage.bulk.broken_rules import BrokenRules
from storage.bulk.bulk_session import BulkSession, LoadFailed
from storage.bulk.row_maker import Row, RowMaker
from storage.bulk.staging import Stage
from storage.explanations import explained
from storage.postgres.violation import ForbiddenByOthers, ForbiddenValue
from storage.record_type import RecordType
from storage.tables.constraints import constraint_fields

Found = Mapping[str, BadLines]
"""What is wrong with each table's rows."""


class Refused(Exception):  # noqa: N818 - it says what happened
    """Nothing was moved in: some rows break the tables' rules."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


class Filling:
    """The stages of one transaction; use it inside `session.transaction()`.

    Every method raises LoadFailed and Stopped as the session does.
    """

    def __init__(self, session: BulkSession, metadata: MetaData, *, shown: int) -> None:
        """`shown` is how many faults of each table are told of; all are counted."""
        self._session = session
        self._metadata = metadata
        self._shown = shown
        self._stages: dict[str, Stage] = {}

    def stage(self, record_type: RecordType, rows: Iterable[Row]) -> None:
        """Take a table's rows, made by a RowMaker of its type."""
        table = self._metadata.tables[record_type.table]
        stage = Stage(name=f"#{len(self._stages)}", table=table, columns=RowMaker(record_type).columns)
        self._stages[record_type.table] = stage
        stage.create(self._session)
        stage.copy(self._session, rows)

    def find_broken(self, *, whole: bool) -> Found:
        """The rows that the rules forbid; unless the stages are `whole`, references between them are let be."""
        return {table: rules.find(self._session, limit=self._shown, whole=whole) for table, rules in self._rules}

    def leave_out_broken(self) -> Found:
        """Take those rows out, then those that referred to them, and so on; what they were."""
        left_out = dict.fromkeys(self._stages, BadLines())
        changed = True
        while changed:
            changed = False
            for table, rules in self._rules:
                found = rules.find(self._session, limit=self._shown)
                if found.count:
                    left_out[table] = left_out[table].joined(found, shown=self._shown)
                    rules.leave_out(self._session)
                    changed = True
        return left_out

    def move(self) -> Mapping[str, int]:
        """Move all in; how many rows each table got. Raises Refused, and then none of them got any."""
        try:
            with self._session.attempt():
                self._session.run("SET CONSTRAINTS ALL DEFERRED")
                moved = {table: stage.move(self._session) for table, stage in self._stages.items()}
                self._session.run("SET CONSTRAINTS ALL IMMEDIATE")
        except (ForbiddenByOthers, ForbiddenValue) as violation:
            found = self.find_broken(whole=True)
            if not any(wrong.count for wrong in found.values()):
                raise LoadFailed(self._said(violation)) from violation
            raise Refused(found) from violation
        return moved

    @property
    def _rules(self) -> Sequence[tuple[str, BrokenRules]]:
        return [(table, BrokenRules(stage, self._stages)) for table, stage in self._stages.items()]

    def _said(self, violation: ForbiddenByOthers | ForbiddenValue) -> str:
        """A rule broken that no line can be blamed for: such as others' rows that came in meanwhile."""
        problem = explained(violation, constraint_fields(self._metadata))
        where = ", ".join(dict.fromkeys(filter(None, [violation.table, *(fault.pointer for fault in problem.faults)])))
        return f"Postgres refused a row of {where}: {problem.detail}"

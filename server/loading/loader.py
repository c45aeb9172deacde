"""Fills tables from files: what others refer to first, each file whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from sqlalchemy import MetaData

from server.declaration import Declaration
from server.loading.data_files import DataFile
from server.loading.line_reader import LineReader, ReadingLimits
from server.loading.outcome import Outcome
from storage.bulk.bad_lines import BadLines
from storage.bulk.bulk_session import BulkSession
from storage.bulk.filling import Filling, Found, Refused
from storage.bulk.load_order import load_order
from storage.bulk.row_maker import as_they_are
from storage.bulk.sql_files import written
from storage.encryption.cipher import Cipher
from storage.encryption.field_seals import field_seals
from storage.record_type import RecordType
from storage.tables.schema import tables
from storage.tables.sql_text import quoted_name


class Progress(Protocol):
    """Who is told how far a load is."""

    def doing(self, what: str) -> None:
        """Another step has begun."""

    def advanced(self, lines: int) -> None:
        """So many more lines have been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What to load: `skip_bad` the good lines of a file too, `if_empty` only files whose table has no row yet."""

    limits: ReadingLimits = field(default_factory=ReadingLimits)
    skip_bad: bool = False
    if_empty: bool = False


@dataclass(frozen=True, kw_only=True)
class Loader:
    """Loads files through one session, on its thread. Raises LoadFailed, Stopped and OSError."""

    session: BulkSession
    declaration: Declaration
    options: LoadOptions
    progress: Progress
    cipher: Cipher | None = None
    outcomes: list[Outcome]
    """Grows as files are settled, so that whoever interrupts the load knows what it has done."""

    def load(self, files: Sequence[DataFile]) -> None:
        """Load each file by itself, or together with those that refer to it and that it refers to."""
        by_table = {file.record_type.table: file for file in files}
        for group in load_order([file.record_type for file in files]):
            together = [by_table[record_type.table] for record_type in group]
            self.outcomes.extend(self._settle(together))

    def load_first_time(self, files: Sequence[DataFile]) -> None:
        """Load all files together, and only if all of the service's tables are empty."""
        self.outcomes.extend(self._filled(files, first_time=True))

    def _settle(self, files: Sequence[DataFile]) -> list[Outcome]:
        due = [file for file in files if not (self.options.if_empty and self._has_rows(file.record_type.table))]
        left = [Outcome(file=file, fate="left_alone") for file in files if file not in due]
        awaited = self._awaited(due)
        if awaited:
            return [*left, *(self._held_back(file, awaited) for file in due)]
        return [*left, *self._filled(due)] if due else left

    def _awaited(self, files: Sequence[DataFile]) -> str:
        """The file that one of these refers to and that was not loaded; empty where there is none."""
        failed = {one.file.record_type.name: one.file.name for one in self.outcomes if one.failed}
        targets = [
            field.reference.target_name for file in files for field in file.record_type.references if field.reference
        ]
        return next((failed[target] for target in targets if target in failed), "")

    def _held_back(self, file: DataFile, awaited: str) -> Outcome:
        """A look at every line all the same: whoever mends the one file can mend the other in one go."""
        reader = self._reader(file)
        for _ in reader.rows():
            pass
        return Outcome(file=file, fate="held_back", bad=reader.bad, awaited=awaited)

    def _filled(self, files: Sequence[DataFile], *, first_time: bool = False) -> list[Outcome]:
        try:
            with self.session.transaction():
                if first_time and not self._is_first_time():
                    return [Outcome(file=file, fate="left_alone") for file in files]
                return self._fill(files)
        except Refused as refused:
            return _refused(files, refused.found)

    def _fill(self, files: Sequence[DataFile]) -> list[Outcome]:
        filling = Filling(self.session, self._metadata, shown=self.options.limits.shown)
        bad: Found = {file.record_type.table: self._stage(file, filling) for file in files}
        self.progress.doing(f"storing {', '.join(file.name for file in files)}")
        if self.options.skip_bad:
            bad = self._joined(bad, filling.leave_out_broken())
        elif any(wrong.count for wrong in bad.values()):
            raise Refused(self._joined(bad, filling.find_broken(whole=False)))
        moved = filling.move()
        return [
            Outcome(file=file, fate="loaded", rows=moved[table], bad=bad[table])
            for file in files
            for table in [file.record_type.table]
        ]

    def _stage(self, file: DataFile, filling: Filling) -> BadLines:
        reader = self._reader(file)
        filling.stage(file.record_type, reader.rows())
        return reader.bad

    def _reader(self, file: DataFile) -> LineReader:
        self.progress.doing(f"reading {file.name}")
        seals = field_seals(file.record_type, self.cipher, types=self._types)
        sealed = as_they_are if seals is None else seals.sealed
        return LineReader(file, limits=self.options.limits, advanced=self._advanced, sealed=sealed)

    def _advanced(self, lines: int) -> None:
        self.session.go_on()
        self.progress.advanced(lines)

    def _joined(self, bad: Found, others: Found) -> Found:
        return {table: bad[table].joined(others[table], shown=self.options.limits.shown) for table in bad}

    def _has_rows(self, table: str) -> bool:
        with self.session.transaction():
            return bool(self.session.rows(written("any_row", table=quoted_name(table))))

    def _is_first_time(self) -> bool:
        """Of several that start at once, the first one loads and the others find it done."""
        self.session.run(written("one_at_a_time"))
        return not any(
            self.session.rows(written("any_row", table=quoted_name(table))) for table in self._metadata.tables
        )

    @cached_property
    def _types(self) -> Mapping[str, RecordType]:
        return {record_type.name: record_type for record_type in self.declaration.types.values()}

    @cached_property
    def _metadata(self) -> MetaData:
        return tables(self.declaration.types)


def _refused(files: Sequence[DataFile], found: Mapping[str, BadLines]) -> list[Outcome]:
    """Of files that are loaded together, those without bad lines are held back by the others."""
    culprit = next(file.name for file in files if found[file.record_type.table].count)
    return [
        Outcome(file=file, fate="refused", bad=bad)
        if bad.count
        else Outcome(file=file, fate="held_back", awaited=culprit)
        for file in files
        for bad in [found[file.record_type.table]]
    ]

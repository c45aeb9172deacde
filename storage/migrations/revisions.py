"""Applies a folder of reviewed revisions: each part once, remembered in the database, finished after a kill."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.migrations.applying import Progress, Runner
from storage.migrations.gate import passed
from storage.migrations.ledger import Ledger, RevisionRecord
from storage.migrations.lock_patience import PATIENCE, Patience
from storage.migrations.planning import Target, planned
from storage.migrations.revision_reading import Revision, is_rendered, read_revisions
from storage.migrations.session import Session
from storage.migrations.steps import Plan, Step
from storage.migrations.stopped import RevisionRefused
from storage.tables.schema import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionsApplied:
    """What a folder of revisions did, and what it leaves to do."""

    applied: tuple[str, ...]
    """The names of the files that were run, wholly or to their end."""
    remaining: Plan
    """Empty where the revisions lead to the declared tables."""


def unapplied(target: Target, directory: Path) -> tuple[Revision, ...]:
    """The revisions of a folder that this database has not seen to their end; raises RevisionRefused."""
    revisions = read_revisions(directory) if directory.is_dir() else ()
    with target.connected() as session:
        return _pending(Ledger(session, target.service), revisions)


def apply_revisions(
    target: Target,
    directory: Path,
    *,
    progress: Progress = lambda _step: None,
    patience: Patience = PATIENCE,
) -> RevisionsApplied:
    """Run what the folder holds and the database has not seen, in order; raises MigrationStopped."""
    revisions = read_revisions(directory)
    with target.connected() as session, passed(session, patience):
        ledger = Ledger(session, target.service)
        ledger.prepare()
        pending = _pending(ledger, revisions)
        for revision in pending:
            _run(revision, _Hands(session, ledger, target, progress, patience))
        remaining = planned(session, target, allow=())
        if not remaining.steps and not remaining.missing:
            ledger.record_fingerprint(fingerprint(target.metadata))
    return RevisionsApplied(applied=tuple(revision.path.stem for revision in pending), remaining=remaining)


@dataclass(frozen=True, slots=True)
class _Hands:
    session: Session
    ledger: Ledger
    target: Target
    progress: Progress
    patience: Patience


def _pending(ledger: Ledger, revisions: Sequence[Revision]) -> tuple[Revision, ...]:
    seen = ledger.revisions()
    for revision in revisions:
        record = seen.get(revision.number)
        if record is not None and record.digest != revision.digest:
            raise RevisionRefused(
                f"{revision.path.name} was changed after this database had seen it; write a new revision instead."
            )
        if not is_rendered(revision):
            raise RevisionRefused(
                f"{revision.path.stem}.sql does not say what {revision.path.name} runs, so what was reviewed is not "
                "what would be done. Edit the Python file and remove the SQL file, or write the revision anew."
            )
    done = {number for number, record in seen.items() if record.is_finished}
    return tuple(revision for revision in revisions if revision.number not in done)


def _run(revision: Revision, hands: _Hands) -> None:
    record = hands.ledger.revisions().get(revision.number)
    begun = record.parts_done if record else 0
    for position, part in enumerate(revision.parts[begun:], start=begun + 1):
        bookkeeper = _Bookkeeper(hands=hands, revision=revision, position=position, before=_tables(hands))
        runner = Runner(
            session=hands.session, remember=bookkeeper.remember, progress=hands.progress, patience=hands.patience
        )
        count = f" ({position} of {len(revision.parts)})" if len(revision.parts) > 1 else ""
        step = Step(
            name=revision.path.stem,
            words=f"{revision.path.stem}{count}: {revision.message}",
            sql=part.statements,
            run="alone" if part.together else "repeatable",
        )
        runner.run([step])


def _tables(hands: _Hands) -> frozenset[str]:
    statement = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(%s)"
    return frozenset(row[0] for row in hands.session.rows(statement, (sorted(hands.target.metadata.tables),)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bookkeeper:
    """Remembers a part as done, and the declared tables it made as this service's own."""

    hands: _Hands
    revision: Revision
    position: int
    before: frozenset[str]

    def remember(self, _steps: Sequence[Step]) -> None:
        ledger = self.hands.ledger
        ledger.own(_tables(self.hands) - self.before)
        ledger.forget_missing()
        finished = self.position == len(self.revision.parts)
        record = RevisionRecord(digest=self.revision.digest, parts_done=self.position, is_finished=finished)
        ledger.record_revision(self.revision.number, record)

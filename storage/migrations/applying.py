"""Carries a plan out: one migration at a time, step by step, each under a short lock timeout and tried again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import MetaData

from storage.migrations.gate import passed
from storage.migrations.ledger import Ledger
from storage.migrations.lock_patience import PATIENCE, Patience
from storage.migrations.planning import Target, planned
from storage.migrations.session import Session
from storage.migrations.steps import Plan, Step
from storage.migrations.stopped import LockNotGiven, StatementFailed, StepFailed, TableBusy
from storage.tables.schema import fingerprint

Progress = Callable[[Step], None]
"""Told of each step as it begins; again when it begins anew."""

Remember = Callable[[Sequence[Step]], None]
"""Writes down that steps are done: in their own transaction where they have one."""

_MILLISECONDS = 1000


def apply(
    target: Target,
    *,
    allow: Collection[str] = (),
    only_safe: bool = False,
    progress: Progress = lambda _step: None,
    patience: Patience = PATIENCE,
) -> Plan:
    """Bring the database to the declared tables; return what was done and what was refused.

    Where a step is refused nothing at all is done, unless `only_safe` asks for whatever can be done all the same.
    Killed in the middle, it leaves whole steps; the next one finishes. Raises MigrationStopped.
    """
    with target.connected() as session, passed(session, patience):
        ledger = Ledger(session, target.service)
        ledger.prepare()
        found = planned(session, target, allow=allow)
        if found.refused and not only_safe:
            return Plan(refused=found.refused)
        Runner(
            session=session, remember=_Owning(ledger, target.metadata).remember, progress=progress, patience=patience
        ).run(found.steps)
        if not found.missing:
            ledger.record_fingerprint(fingerprint(target.metadata))
    return found


@dataclass(frozen=True, slots=True)
class _Owning:
    """Writes down which tables steps made or took over."""

    ledger: Ledger
    metadata: MetaData

    def remember(self, batch: Sequence[Step]) -> None:
        made = {step.adopts for step in batch if step.adopts}
        made |= {thing for step in batch for thing in step.makes if thing in self.metadata.tables}
        self.ledger.own(made)
        self.ledger.forget_missing()


def batches(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """What runs in one go: neighbours that run together, and every other step alone."""
    gathered: list[Step] = []
    for step in steps:
        if step.run != "together" and gathered:
            yield tuple(gathered)
            gathered.clear()
        gathered.append(step)
        if step.run != "together":
            yield tuple(gathered)
            gathered.clear()
    if gathered:
        yield tuple(gathered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs steps on a session that has passed the gate."""

    session: Session
    remember: Remember
    progress: Progress
    patience: Patience

    def run(self, steps: Iterable[Step]) -> None:
        """Run all of them; raises StepFailed or TableBusy at the first that fails."""
        for batch in batches(steps):
            self._insist(batch)

    def _insist(self, batch: Sequence[Step]) -> None:
        names = ", ".join(step.name for step in batch)
        for attempt in range(1, self.patience.tries + 1):
            try:
                self._attempt(batch)
            except LockNotGiven as error:
                if attempt == self.patience.tries:
                    raise TableBusy(
                        f"{names} could not lock its table in {attempt} tries of {self.patience.lock_seconds:g} s: "
                        "others hold it. The steps before it are done; run the same command again."
                    ) from error
                self.patience.sleep(self.patience.pause_seconds * self.patience.jitter())
            except StatementFailed as error:
                raise StepFailed(f"{names} failed: {error}. The steps before it are done.") from error
            else:
                return

    def _attempt(self, batch: Sequence[Step]) -> None:
        if batch[0].run == "repeatable":
            for step in batch:
                self.progress(step)
                for statement in step.sql:
                    self._limit(is_building="CONCURRENTLY" in statement)
                    self.session.run(statement)
            self.remember(batch)
            return
        self._limit(is_building=False)
        with self.session.transaction():
            for step in batch:
                self.progress(step)
                for statement in step.sql:
                    self.session.run(statement)
            self.remember(batch)

    def _limit(self, *, is_building: bool) -> None:
        seconds = self.patience.building_seconds if is_building else self.patience.lock_seconds
        self.session.run("SELECT set_config('lock_timeout', %s, false)", (str(round(seconds * _MILLISECONDS)),))

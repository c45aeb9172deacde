"""A plan as data: what will be done, in words and SQL, and what is refused and why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

Risk = Literal["safe", "destructive"]
Run = Literal["together", "alone", "repeatable"]
"""How a step runs.

`together`: it concerns only tables the plan makes, and neighbours of its kind share a transaction; `alone`: in a
transaction of its own; `repeatable`: each statement by itself, such as may take long without standing in anybody's
way, and all of them may be run again after an interruption.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change to the database."""

    name: str
    """The word to allow it by: `drop_column:product.color`."""
    words: str
    sql: tuple[str, ...]
    risk: Risk = "safe"
    reason: str = ""
    """Why it is not done without being told so; empty for a step that is done anyway."""
    possible: bool = True
    """Whether being told is enough; otherwise something else must change first."""
    notice: str = ""
    """What to know before a step that is done."""
    run: Run = "alone"
    needed: bool = True
    """Whether the service's tables are not as declared without it; a drop is not needed to serve."""
    adopts: str = ""
    """The table that becomes this service's own."""
    only_with: frozenset[str] = frozenset()
    """Steps without which this one is not done: they would leave the database in between."""
    makes: frozenset[str] = frozenset()
    """The tables and columns (`product`, `product.color`) that are as declared only after it."""
    uses: frozenset[str] = frozenset()
    """The tables and columns it builds on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What leads from a database to the declared tables; both parts are empty when it holds them."""

    steps: tuple[Step, ...] = ()
    refused: tuple[Step, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do and nothing refused."""
        return not self.steps and not self.refused

    @property
    def missing(self) -> tuple[Step, ...]:
        """The refused steps without which the service cannot serve."""
        return tuple(step for step in self.refused if step.needed)


def settle(steps: Iterable[Step], allow: Collection[str]) -> Plan:
    """Part the steps into those to do and those refused; what builds on a refused step waits for it."""
    doing: list[Step] = []
    refused: list[Step] = []
    missing: dict[str, str] = {}
    for step in _held_together(tuple(steps), allow):
        awaited = next((missing[thing] for thing in sorted(step.uses) if thing in missing), "")
        if not awaited and _is_granted(step, allow):
            doing.append(step)
            continue
        waiting = replace(step, reason=step.reason or f"it waits for {awaited}", possible=False)
        refused.append(waiting if awaited else step)
        missing.update(dict.fromkeys(step.makes, step.name))
    return Plan(steps=tuple(doing), refused=tuple(refused))


def _is_granted(step: Step, allow: Collection[str]) -> bool:
    return not step.reason or (step.possible and step.name in allow)


def _held_together(steps: tuple[Step, ...], allow: Collection[str]) -> tuple[Step, ...]:
    """Hold back whatever is only done together with a step that is held back itself."""
    held = {step.name for step in steps if not _is_granted(step, allow)}
    while True:
        following = [step for step in steps if step.name not in held and step.only_with & held]
        if not following:
            break
        held |= {step.name for step in following}
    return tuple(
        replace(
            step, reason=f"it is only done together with {', '.join(sorted(step.only_with & held))}", possible=False
        )
        if step.name in held and _is_granted(step, allow)
        else step
        for step in steps
    )

"""A process of its own that applies a migration: python -m tests.integration.migrating_process DSN [STEP].

It prints each step's name as it begins, then the number of steps done. At STEP it waits for a line on its standard
input before it goes on.
"""

import sys
from typing import Annotated

from pydantic import Field

from storage.migrations.applying import apply
from storage.migrations.steps import Step
from storage.model import Indexed, Model, Unique
from tests.integration.migration_targets import target


class Before(Model, table="product"):
    """The table as it is at first."""

    name: str


class After(Model, table="product"):
    """The table as the process wants it: several steps on a table with rows."""

    name: Annotated[str, Unique(), Field(min_length=1)]
    weight: Annotated[int, Indexed(), Field(ge=0)] = 0
    color: Annotated[str | None, Indexed()] = None


class Other(Model, table="customer"):
    """A new table."""

    name: Annotated[str, Indexed()]


def main(dsn: str, waiting_step: str = "") -> None:
    """Apply, and say so."""

    def progress(step: Step) -> None:
        sys.stdout.write(f"{step.name}\n")
        sys.stdout.flush()
        if step.name == waiting_step:
            sys.stdin.readline()

    done = apply(target(dsn, After, Other), progress=progress)
    sys.stdout.write(f"done {len(done.steps)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

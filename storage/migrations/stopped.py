"""Why a migration can stop: each error's sentence says what happened and what to type next."""

from collections.abc import Sequence


class MigrationStopped(Exception):  # noqa: N818 - it says what happened
    """The migration has stopped."""


class DatabaseUnreachable(MigrationStopped):
    """The database cannot be reached."""


class StatementFailed(MigrationStopped):
    """Postgres refused a statement; `sqlstate` is its five-character code."""

    def __init__(self, sentence: str, *, sqlstate: str = "") -> None:
        super().__init__(sentence)
        self.sqlstate = sqlstate


class RightRefused(StatementFailed):
    """Postgres refused a statement to a role that has no right to it."""


class LockNotGiven(StatementFailed):
    """Postgres did not give a lock within lock_timeout, or saw a deadlock."""


class StepFailed(MigrationStopped):
    """A step failed; those before it are done, those after it are not."""


class TableBusy(StepFailed):
    """A step could not lock its table: others held it each time it was tried."""


class MigrationBusy(MigrationStopped):
    """Another migration of this database has been running all the time this one was ready to wait."""


class SchemaNotCurrent(MigrationStopped):
    """The database does not hold the declared tables."""

    def __init__(self, missing: tuple[str, ...] = ()) -> None:
        named = f": {', '.join(missing)}" if missing else ""
        super().__init__(
            f"The database does not hold the tables this service declares{named}. "
            "See what is missing with `mainstay migrate FILE` and bring it in with `mainstay migrate FILE --apply`."
        )
        self.missing = missing


class TablesTaken(MigrationStopped):
    """Another service made tables that this one declares too."""


class RightsMissing(MigrationStopped):
    """The role that serves may not do all that serving takes."""

    def __init__(self, role: str, grants: Sequence[str]) -> None:
        listed = "".join(f"\n  {grant};" for grant in grants)
        super().__init__(
            f"The role {role} lacks rights it serves with:{listed}\n"
            f"Whoever migrates can give them: mainstay migrate FILE --apply --grant {role}"
        )


class RevisionRefused(MigrationStopped):
    """A folder of revisions cannot be written to or applied as it is."""

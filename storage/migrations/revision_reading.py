"""Reads a folder of revisions: their order, and the statements each would run, taken from Alembic's offline mode."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from storage.migrations.stopped import RevisionRefused

_BEGIN, _COMMIT = "BEGIN;", "COMMIT;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Statements that take effect together, or that run outside a transaction and may be run again."""

    together: bool
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision file."""

    number: str
    message: str
    path: Path
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """Stands for what the revision runs."""
        return sha256("\n".join(_lines(self.parts)).encode()).hexdigest()


def read_revisions(directory: Path) -> tuple[Revision, ...]:
    """All revisions of a folder, the first one first; raises RevisionRefused if they are no chain or cannot be read."""
    if not directory.is_dir():
        raise RevisionRefused(f"{directory} is no folder of revisions.")
    folder = ScriptDirectory(str(directory), version_locations=[str(directory)])
    try:
        scripts = list(folder.walk_revisions())
    except (CommandError, SyntaxError) as error:
        raise RevisionRefused(f"The revisions in {directory} cannot be read: {error}") from error
    if any(len(script.nextrev) > 1 for script in scripts):
        raise RevisionRefused(f"The revisions in {directory} are no chain: two of them follow the same one.")
    return tuple(_read(script) for script in reversed(scripts))


def rendered_sql(revision: Revision) -> str:
    """What the revision runs, as a script for whoever reviews it."""
    head = (
        f"-- {revision.path.stem}: {revision.message}\n-- Rendered from {revision.path.name}, which is what runs.\n\n"
    )
    return head + "\n".join(_lines(revision.parts)) + "\n"


def is_rendered(revision: Revision) -> bool:
    """Whether the `.sql` file beside the revision, if there is one, says what the revision runs."""
    beside = revision.path.with_suffix(".sql")
    return not beside.exists() or beside.read_text(encoding="utf-8") == rendered_sql(revision)


def _read(script: Script) -> Revision:
    path = Path(script.path)
    return Revision(number=script.revision, message=script.doc, path=path, parts=tuple(_parts(_captured(script))))


class _Statements:
    """Stands for the file Alembic writes an offline migration to: each write is one statement."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def write(self, text: str) -> None:
        self.found.append(text.strip())

    def flush(self) -> None:
        """Nothing is held back."""


def _captured(script: Script) -> Sequence[str]:
    statements: Any = _Statements()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # leaves a percent sign alone
        opts={"as_sql": True, "output_buffer": statements},
    )
    try:
        with Operations.context(context):
            script.module.upgrade()
    except Exception as error:
        raise RevisionRefused(
            f"{Path(script.path).name} cannot be read as a list of statements: {type(error).__name__}: {error}"
        ) from error
    found: list[str] = statements.found
    return found


def _parts(captured: Sequence[str]) -> Iterator[Part]:
    """An autocommit block shows as COMMIT before it and BEGIN after it."""
    together, gathered = True, list[str]()
    for statement in (*captured, ""):
        if statement not in (_BEGIN, _COMMIT, ""):
            gathered.append(statement.removesuffix(";"))
            continue
        if gathered:
            yield Part(together=together, statements=tuple(gathered))
            gathered.clear()
        together = statement == _BEGIN


def _lines(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        statements = [f"{statement};" for statement in part.statements]
        yield from [_BEGIN, *statements, _COMMIT, ""] if part.together else [*statements, ""]

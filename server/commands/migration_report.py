"""Shows a person a migration: each step in words and SQL, what is refused and how to allow it, what is being done."""

from collections.abc import Collection, Sequence
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from storage.migrations.revision_reading import Revision, rendered_sql
from storage.migrations.revisions import RevisionsApplied
from storage.migrations.steps import Plan, Step

_SQL_COLORS = "ansi_dark"
_INDENT = "      "


class MigrationReport:
    """Writes to a console; in colour on a terminal."""

    def __init__(self, console: Console, file: Path) -> None:
        self._console = console
        self._file = file
        self._begun = 0

    @classmethod
    def to_standard_output(cls, file: Path) -> "MigrationReport":
        """Where a person reads it."""
        return cls(Console(highlight=False, soft_wrap=True), file)

    def show(self, plan: Plan, *, allowed: Collection[str]) -> None:
        """What would be done, and what would not."""
        if plan.is_empty:
            self.say(f"The database holds what {self._file} declares: there is nothing to do.")
        for number, step in enumerate(plan.steps, start=1):
            self._step(step, f"{number:3}. ")
        self._refused(plan.refused)
        self._unknown(plan, allowed)

    def offer(self, plan: Plan, *, allowed: Collection[str]) -> None:
        """How to do what was shown."""
        if plan.steps:
            rest = " --only-safe" if plan.refused else ""
            command = f"mainstay migrate {self._file} --apply{rest}{_options(allowed)}"
            self.say(f"\nNothing has been changed. To do {'the rest' if rest else 'it'}: {command}")

    def begin(self, step: Step) -> None:
        """A step begins."""
        self._begun += 1
        self.say(f"{self._begun:3}. {step.words} …")

    def applied(self, plan: Plan, *, allowed: Collection[str]) -> None:
        """What was done, and what was not."""
        if plan.is_empty:
            self.say(f"The database holds what {self._file} declares: there was nothing to do.")
        elif plan.steps:
            self.say(f"{_counted(len(plan.steps), 'step')} done.", style="green")
        self._refused(plan.refused)
        self._unknown(plan, allowed)
        if plan.refused and not plan.steps:
            self.say("\nNothing has been changed. --only-safe does the rest without what is refused.")

    def written(self, path: Path) -> None:
        """A revision was written."""
        self.say(f"\nWritten: {path} and {path.with_suffix('.sql').name}. When it has been reviewed:")
        self.say(f"  mainstay migrate {self._file} --from {path.parent} --apply")

    def revisions(self, folder: Path, waiting: Sequence[Revision]) -> None:
        """What a folder of revisions would do."""
        if not waiting:
            self.say(f"The database has seen all revisions in {folder}.")
            return
        for revision in waiting:
            self._sql(rendered_sql(revision), indent="")
        self.say(f"Nothing has been changed. To do it: mainstay migrate {self._file} --from {folder} --apply")

    def followed(self, done: RevisionsApplied) -> None:
        """What a folder of revisions has done."""
        self.say(f"{_counted(len(done.applied), 'revision')} applied.", style="green")
        if not done.remaining.is_empty:
            self.say(f"The revisions do not lead to all that {self._file} declares:", style="yellow")
            self.show(done.remaining, allowed=())

    def grants(self, statements: Sequence[str], *, role: str, done: bool) -> None:
        """What a role was given, or would be."""
        if not statements:
            self.say(f"\n{role} has all the rights it serves with.")
            return
        self.say(f"\n{role} {'was given' if done else 'lacks, and --apply gives it'}:", style="bold")
        for statement in statements:
            self._sql(f"{statement};")
        if not done:
            self.say("Tables that do not exist yet get theirs once they are made.")

    def say(self, sentence: str, *, style: str = "") -> None:
        """Write a line."""
        self._console.print(Text(sentence, style=style))

    def _refused(self, steps: Sequence[Step]) -> None:
        if steps:
            self.say(f"\nRefused ({len(steps)}):", style="bold red")
        for step in steps:
            self._step(step, "  ✗  ")
            self.say(f"{_INDENT}{step.reason}.", style="yellow")
            if step.possible:
                self.say(f"{_INDENT}To do it all the same: --allow {step.name}")

    def _unknown(self, plan: Plan, allowed: Collection[str]) -> None:
        unknown = sorted(set(allowed) - {step.name for step in (*plan.steps, *plan.refused)})
        if unknown:
            self.say(f"\nNo step is called {', '.join(unknown)}.", style="yellow")

    def _step(self, step: Step, mark: str) -> None:
        self.say(f"{mark}{step.words}", style="bold")
        if step.notice:
            self.say(f"{_INDENT}Mind: {step.notice}.", style="yellow")
        for statement in step.sql:
            self._sql(f"{statement};")

    def _sql(self, text: str, *, indent: str = _INDENT) -> None:
        indented = "\n".join(f"{indent}{line}" for line in text.splitlines())
        shown = Syntax("", "sql", theme=_SQL_COLORS).highlight(indented)
        shown.rstrip()
        self._console.print(shown)


def _options(allowed: Collection[str]) -> str:
    return "".join(f" --allow {name}" for name in sorted(allowed))


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"

"""Writes a plan as an Alembic revision that a person can review, and beside it the SQL it runs."""

import re
from collections.abc import Sequence
from pathlib import Path

from storage.migrations.applying import batches
from storage.migrations.revision_reading import read_revisions, rendered_sql
from storage.migrations.steps import Plan, Step
from storage.migrations.stopped import RevisionRefused

NUMBER_DIGITS = 4
_LONGEST_SLUG = 48
_INDENT = "    "
_SINGLE_COLON = re.compile(r"(?<!:):(?!:)")
"""What SQLAlchemy might take for a parameter in a statement's text, with no sure way to tell it otherwise."""

_HEAD = '''"""{message}

Written by `mainstay migrate FILE --write DIR`, to be reviewed, then `mainstay migrate FILE --from DIR --apply`.
What stands before the first autocommit block takes effect together; each block runs outside a transaction, and may
be run again after an interruption.
"""

from alembic import op{imported}

revision = "{number}"
down_revision = {previous}


def upgrade() -> None:
'''


def write_revision(plan: Plan, directory: Path, *, message: str = "") -> Path:
    """Write the plan's steps as the next revision of a folder, made if need be; return the Python file's path.

    Beside it lies a `.sql` file with the statements, rendered from it. What the plan refuses is not in it.
    Raises RevisionRefused if there is nothing to write, or a step no file can do.
    """
    adopting = next((step.name for step in plan.steps if step.adopts), "")
    if adopting:
        raise RevisionRefused(f"{adopting} cannot be written to a file: do it first, with --apply --allow {adopting}")
    if not plan.steps:
        raise RevisionRefused("There is nothing to write: the plan has no steps to do.")
    directory.mkdir(parents=True, exist_ok=True)
    present = read_revisions(directory)
    number = f"{len(present) + 1:0{NUMBER_DIGITS}d}"
    previous = f'"{present[-1].number}"' if present else "None"
    said = message or "; ".join(step.words for step in plan.steps[:2])
    path = directory / f"{number}_{_slug(message or plan.steps[0].name)}.py"
    body = "".join(_written(plan.steps))
    imported = "\nfrom sqlalchemy import DDL" if "op.execute(DDL(" in body else ""
    head = _HEAD.format(message=_one_line(said), imported=imported, number=number, previous=previous)
    path.write_text(head + body, encoding="utf-8")
    written = read_revisions(directory)[-1]
    path.with_suffix(".sql").write_text(rendered_sql(written), encoding="utf-8")
    return path


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST_SLUG].rstrip("_") or "change"


def _one_line(text: str) -> str:
    return " ".join(text.replace("\\", "/").replace('"', "'").split())


def _written(steps: Sequence[Step]) -> list[str]:
    """The body, in the order of the plan, where what is repeatable comes last."""
    numbered = {id(step): number for number, step in enumerate(steps, start=1)}
    written: list[str] = []
    for step in (step for batch in batches(steps) for step in batch):
        notice = f" ({step.notice})" if step.notice else ""
        written.append(f"{_INDENT}# {numbered[id(step)]}. {_one_line(step.words)}{notice}\n")
        deeper = ""
        if step.run == "repeatable":
            written.append(f"{_INDENT}with op.get_context().autocommit_block():\n")
            deeper = _INDENT
        written += [f"{_INDENT}{deeper}op.execute({_executable(statement)})\n" for statement in step.sql]
    return written


def _executable(statement: str) -> str:
    """Alembic reads plain text for parameters; a DDL element is read for percent signs only."""
    if _SINGLE_COLON.search(statement):
        return f"DDL({_literal(statement.replace('%', '%%'))})"
    return _literal(statement)


def _literal(text: str) -> str:
    if '"""' in text or text.endswith(('"', "\\")):
        return repr(text)
    prefix = "r" if "\\" in text else ""
    quotes = '"""' if "\n" in text or '"' in text else '"'
    return f"{prefix}{quotes}{text}{quotes}"

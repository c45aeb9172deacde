"""docs/logs.md tells of every event and every field that a line of the log may have, and of no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from telemetry.events import RetryOutcome
from telemetry.log_line import LEVELS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/logs.md").read_text()
SOURCES = ("log_format", "log_lines", "logs", "process_lines", "request_lines", "worker_lines")
EVENT_COLUMNS = 4
KEYS_OF_OTHER_TABLES = {*LEVELS, *get_args(RetryOutcome)}


def test_every_event_and_every_field_is_in_the_tables_and_no_other() -> None:
    rows = re.findall(r"^\|(.*)\|$", PAGE[PAGE.index("## What a line says") :], re.MULTILINE)
    cells = [cell for row in rows for cell in _telling(row.split("|"))]
    told = {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)} - {"event"}

    written = {word for name in SOURCES for word in _words(ast.parse((ROOT / f"telemetry/{name}.py").read_text()))}

    written -= KEYS_OF_OTHER_TABLES | {"event"}
    assert {"told and never written": told - written, "written and not told": written - told} == {
        "told and never written": set(),
        "written and not told": set(),
    }


def _telling(cells: list[str]) -> list[str]:
    """The first column names fields or an event; where there are four, the last names the event's own fields."""
    return [cells[0], cells[-1]] if len(cells) == EVENT_COLUMNS else cells[:1]


def _words(module: ast.Module) -> Iterator[str]:
    """The events of lines and the names of their fields."""
    for node in ast.walk(module):
        match node:
            case ast.keyword(arg="event", value=value):
                yield from (str(one.value) for one in ast.walk(value) if isinstance(one, ast.Constant))
            case ast.Dict(keys=keys):
                yield from filter(None, map(_name, keys))
            case ast.Subscript(slice=key, ctx=ast.Store()):
                yield from filter(None, [_name(key)])


def _name(key: ast.expr | None) -> str | None:
    match key:
        case ast.Constant(value=str() as name):
            return name
        case ast.JoinedStr():
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "<name>" for part in key.values)
    return None

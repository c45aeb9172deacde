"""`mainstay settings`: every MAINSTAY_ variable, what it is set to, and what is wrong with it."""

import os
import sys
from collections.abc import Mapping, Sequence

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from server.commands.reporting import MISUSED, reported, tell
from server.secret_files import SUFFIX
from server.settings import PREFIX, SECRETS, Settings, read_settings, sentence_of, unknown_settings
from telemetry.log_sampling import Sample

_WIDE_CHARACTERS = 400
"""So that no line is folded for a program that reads them."""


def run_settings() -> int:
    """Show them; the exit status, that of a start with these where they cannot be used."""
    _show(os.environ)
    status = reported(lambda: _look_at(read_settings()))
    if status:
        return status
    unknown = [*map(sentence_of, unknown_settings(os.environ))]
    tell(*unknown)
    return MISUSED if unknown else 0


def _look_at(_settings: Settings) -> None:
    """They can be used: nothing is done with them."""


def _show(environment: Mapping[str, str]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("SETTING", "IS", "DEFAULT", "WHAT IT IS"):
        table.add_column(heading, overflow="fold")
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        table.add_row(variable, _is(variable, environment), _default(field.default), field.description)
    width = None if sys.stdout.isatty() else _WIDE_CHARACTERS
    Console(highlight=False, markup=False, width=width).print(table)


def _is(variable: str, environment: Mapping[str, str]) -> str:
    """What it is set to; of a secret only where it comes from."""
    if variable not in SECRETS:
        return environment.get(variable, "")
    if file := environment.get(f"{variable}{SUFFIX}"):
        return f"(in {file})"
    return "(a secret)" if environment.get(variable) else ""


def _default(value: object) -> str:
    """As the variable would say it."""
    match value:
        case None | SecretStr():
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case Sample():
            return f"{value.lines_a_second:g}/s"
        case Sequence() if not isinstance(value, str):
            return ",".join(map(str, value))
        case _:
            return str(value)

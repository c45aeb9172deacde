"""How commands tell a person what went wrong: a sentence each, no traceback, and an exit status."""

import sys
from collections.abc import Callable

from server.settings import SettingsWrong
from storage.describe import Misdeclared

FAILED, MISUSED = 1, 2


def reported(command: Callable[[], None]) -> int:
    """Run a command; the exit status, 0 when all is well."""
    try:
        command()
    except Misdeclared as misdeclared:
        return report_mistakes(misdeclared)
    except SettingsWrong as wrong:
        tell("These settings cannot be used:", *(f"  {problem}" for problem in wrong.problems))
        return MISUSED
    except OSError as error:
        tell(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
        return FAILED
    return 0


def report_mistakes(misdeclared: Misdeclared) -> int:
    """List the mistakes in a declaration."""
    count = len(misdeclared.mistakes)
    tell(*(f"{mistake}" for mistake in misdeclared.mistakes), f"{count} mistake{'s' if count > 1 else ''}")
    return FAILED


def tell(*lines: str) -> None:
    """Write lines for a person to the standard error."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))

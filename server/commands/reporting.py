"""How commands tell a person what went wrong: a sentence each, no traceback, and an exit status."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.settings import SettingsWrong
from storage.describe import Misdeclared

FAILED, MISUSED = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong, in lines for a person, and the exit status."""

    lines: Sequence[str]
    status: int


def reported(command: Callable[[], None], *, complain: Callable[[Exception], Complaint | None] | None = None) -> int:
    """Run a command; the exit status, 0 when all is well. What `complain` knows nothing of is raised."""
    try:
        command()
    except Exception as error:
        complaint = (complain or complaint_of)(error)
        if complaint is None:
            raise
        tell(*complaint.lines)
        return complaint.status
    return 0


def complaint_of(error: Exception) -> Complaint | None:
    """What any command tells; None for what is a bug."""
    match error:
        case Misdeclared():
            return _complaint_of_mistakes(error)
        case SettingsWrong():
            lines = ["These settings cannot be used:", *(f"  {problem}" for problem in error.problems)]
            return Complaint(lines=lines, status=MISUSED)
        case OSError():
            return Complaint(lines=[f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")], status=FAILED)
        case _:
            return None


def _complaint_of_mistakes(misdeclared: Misdeclared) -> Complaint:
    count = len(misdeclared.mistakes)
    lines = [*(f"{mistake}" for mistake in misdeclared.mistakes), f"{count} mistake{'s' if count > 1 else ''}"]
    return Complaint(lines=lines, status=FAILED)


def tell(*lines: str) -> None:
    """Write lines for a person to the standard error."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))

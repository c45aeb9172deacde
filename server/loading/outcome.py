"""What became of a file."""

from dataclasses import dataclass, field
from typing import Literal

from server.loading.data_files import DataFile
from storage.bulk.bad_lines import BadLines

Fate = Literal["loaded", "refused", "held_back", "left_alone"]
"""What became of a file: it is in; it has bad lines; another one that it needs was not loaded; its table has rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file, and how many rows its table got."""

    file: DataFile
    fate: Fate
    rows: int = 0
    bad: BadLines = field(default_factory=BadLines)
    """Its bad lines: left out where it was loaded all the same."""
    awaited: str = ""
    """For a file held back: the one it needs."""

    @property
    def failed(self) -> bool:
        """Whether the file ought to have been loaded and was not."""
        return self.fate in ("refused", "held_back")

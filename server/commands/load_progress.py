"""Shows a person how far a load is: rows, rows a second, time left."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from server.loading.data_files import DataFile

_CHUNK_BYTES = 1 << 20


class LoadBar:
    """A line at the bottom of a terminal; nothing elsewhere."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def doing(self, what: str) -> None:
        """Another step has begun."""
        self._progress.update(self._task, description=what)

    def advanced(self, lines: int) -> None:
        """So many more lines have been read."""
        self._progress.advance(self._task, lines)


class _Speed(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        """Empty until there is something to reckon with."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} rows/s" if speed else "", style="progress.data.speed")


@contextmanager
def load_progress(files: Sequence[DataFile]) -> Iterator[LoadBar]:
    """Show a bar over all the files' lines while the block runs."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows"),
        _Speed(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        total = sum(_count_lines(file.path) for file in files) if console.is_terminal else 0
        yield LoadBar(progress, total=total)


def _count_lines(path: Path) -> int:
    """About a gigabyte a second."""
    with path.open("rb") as source:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: source.read(_CHUNK_BYTES), b""))

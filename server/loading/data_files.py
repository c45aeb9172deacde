"""Which file of a folder fills which table."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.declaration import Declaration
from storage.record_type import RecordType

SUFFIX = ".ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file, one JSON document a line, and whose records it holds."""

    path: Path
    record_type: RecordType

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return self.path.name


class FolderUnfit(Exception):  # noqa: N818 - it says what is wrong
    """A folder cannot be loaded from; the message has a line for each reason."""


def data_files(folder: Path, declaration: Declaration) -> tuple[DataFile, ...]:
    """The folder's NDJSON files; each is called like a table or like the end of a resource's path.

    Other files are left alone. Raises FolderUnfit with all that is wrong with the folder.
    """
    if not folder.is_dir():
        raise FolderUnfit(f"{folder}: there is no such folder")
    known = _known_names(declaration)
    paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    wrong = [*_unknown(paths, known), *_doubled(paths, known)]
    if not paths:
        wrong = [f"{folder}: holds no {SUFFIX} file; there could be {_listed(known)}"]
    if wrong:
        raise FolderUnfit("\n".join(wrong))
    return tuple(DataFile(path=path, record_type=known[path.stem]) for path in paths)


def _known_names(declaration: Declaration) -> Mapping[str, RecordType]:
    """A table's name wins over the end of another resource's path."""
    types = declaration.types
    by_path = {resource.path.rpartition("/")[2]: types[resource.model] for resource in declaration.service.resources}
    return by_path | {record_type.table: record_type for record_type in types.values()}


def _unknown(paths: Sequence[Path], known: Mapping[str, RecordType]) -> Iterator[str]:
    for path in paths:
        if path.stem not in known:
            near = difflib.get_close_matches(path.stem, known, n=1)
            hint = f"did you mean {near[0]}{SUFFIX}?" if near else f"there could be {_listed(known)}"
            yield f"{path}: no table and no resource is called {path.stem}; {hint}"


def _doubled(paths: Sequence[Path], known: Mapping[str, RecordType]) -> Iterator[str]:
    seen: dict[str, Path] = {}
    for path in paths:
        if path.stem in known:
            other = seen.setdefault(known[path.stem].table, path)
            if other is not path:
                yield f"{path}: fills the same table as {other.name}; put their lines into one file"


def _listed(known: Mapping[str, RecordType]) -> str:
    tables = dict.fromkeys(record_type.table for record_type in known.values())
    return ", ".join(f"{table}{SUFFIX}" for table in sorted(tables))

"""The Chinook data set as the tests know it: where it lies, its tables, and how its rows look on the wire."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.acceptance.http_pages import Record
from tests.source_tree import PROJECT

SERVICE = PROJECT / "examples" / "chinook" / "service.py"
BESIDE = PROJECT.parent / "shared" / "data" / "chinook"

PATHS: Mapping[str, str] = {
    "album": "/albums",
    "artist": "/artists",
    "customer": "/customers",
    "employee": "/employees",
    "genre": "/genres",
    "invoice": "/invoices",
    "invoice_line": "/invoice-lines",
    "media_type": "/media-types",
    "playlist": "/playlists",
    "playlist_track": "/playlist-tracks",
    "track": "/tracks",
}
"""Each table's address."""
ROWS = 15_607
MONEY = ("unit_price", "total")
TIMES = ("birth_date", "hire_date", "invoice_date")


def chinook_folder() -> Path:
    """CHINOOK_DIR, or `shared/data/chinook` beside the checkout.

    Where neither is there the test is skipped, also with REQUIRE_ALL=1: the data is no program that one installs,
    and a checkout alone has to be enough.
    """
    folder = Path(os.environ.get("CHINOOK_DIR") or BESIDE)
    if not (folder / "track.ndjson").is_file():
        pytest.skip(f"this needs the Chinook data set as NDJSON files: {folder} does not hold it; set CHINOOK_DIR")
    return folder


def rows_of(folder: Path, table: str) -> list[Record]:
    """A table's rows as the wire shows them."""
    lines = (folder / f"{table}.ndjson").read_text().splitlines()
    return [{name: wire_form(name, value) for name, value in json.loads(line).items()} for line in lines]


def wire_form(name: str, value: object) -> object:
    """Money is a text with two places, a time is in UTC."""
    if name in MONEY:
        return f"{value:.2f}"
    return f"{value}.000000Z" if name in TIMES and value is not None else value


def own_fields(record: Record) -> Record:
    """A record without what Mainstay adds to it."""
    return {name: value for name, value in record.items() if name not in ("id", "version", "created_at", "updated_at")}

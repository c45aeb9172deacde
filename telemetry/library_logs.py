"""What libraries say through `logging` becomes events too: one stream of lines, in one form."""

import asyncio
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from telemetry.events import LibraryLogged, Observe
from telemetry.private_texts import redacted

MAX_TEXT_CHARACTERS = 16_000
"""Of anything longer the end is kept: a traceback's cause stands there."""


@contextmanager
def libraries_observed(observe: Observe, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Until left, tell of every record at warning or graver; call it on the loop's own thread."""
    root = logging.getLogger()
    handler = _Teller(observe, loop)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class _Teller(logging.Handler):
    """Tells a record as an event, on the loop's thread, for readers know no other."""

    def __init__(self, observe: Observe, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(logging.WARNING)
        self._observe = observe
        self._loop = loop
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; one that cannot be put into words is left to `logging`'s own complaint."""
        try:
            event = _event(record)
        except Exception:  # noqa: BLE001 - a record's arguments may be anything
            self.handleError(record)
            return
        if threading.get_ident() == self._thread:
            self._observe(event)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._observe, event)


def _event(record: logging.LogRecord) -> LibraryLogged:
    error = record.exc_info[1] if record.exc_info else None
    text = "".join(traceback.format_exception(error)) if error else ""
    return LibraryLogged(
        logger=record.name,
        level="error" if record.levelno >= logging.ERROR else "warning",
        message=redacted(record.getMessage())[-MAX_TEXT_CHARACTERS:],
        traceback=redacted(text)[-MAX_TEXT_CHARACTERS:],
    )

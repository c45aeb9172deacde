"""What private fields hold, found in documents and records."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from storage.private_names import private_names
from telemetry.private_texts import remember


def remember_private(document: object, names: frozenset[str]) -> None:
    """Let nothing written down for this request repeat what a JSON document holds under these names, at any depth."""
    if names:
        remember(_texts_under(document, names))


def remember_record(record: BaseModel) -> None:
    """The same for a record read from the database."""
    names = private_names(type(record))
    if names:
        remember_private(record.model_dump(mode="json"), names)


def _texts_under(document: object, names: frozenset[str]) -> Iterator[str]:
    if isinstance(document, Mapping):
        for name, value in document.items():
            yield from _texts(value) if name in names else _texts_under(value, names)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _texts_under(value, names)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)

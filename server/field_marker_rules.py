"""What the markers of a model's fields may not say."""

from collections.abc import Iterator

from server.identity.access import is_about_owners, is_access, is_open
from server.identity.field_access import markers_of
from server.identity.field_markers import ReadableBy, ReadOnly, WritableBy, WriteOnce
from storage.mistakes import Mistake
from storage.model_rules import mistake
from storage.record_type import RecordType


def marker_mistakes(record_type: RecordType) -> Iterator[Mistake]:
    """Everything wrong with who may see and set the fields of a model."""
    for field in record_type.fields:
        for problem in _problems(record_type, field.name):
            yield mistake(record_type.model, problem, field_name=field.name)


def _problems(record_type: RecordType, name: str) -> Iterator[str]:
    field, words = record_type.by_name[name], markers_of(record_type, name)
    kinds = {type(word) for word in words if isinstance(word, ReadableBy | WritableBy | ReadOnly | WriteOnce)}
    for word in words:
        if word in (ReadableBy, WritableBy, ReadOnly, WriteOnce):
            yield f"write {getattr(word, '__name__', word)}() with its brackets"
        if isinstance(word, ReadableBy | WritableBy):
            yield from _word_problems(type(word).__name__, word.access, is_owned=record_type.is_owned)
    if kinds and (field.system or field.key):
        yield "keys, tenants and what Mainstay sets are for every reader, and no caller's to change"
    if ReadOnly in kinds and kinds & {WritableBy, WriteOnce}:
        yield "ReadOnly() is never set by a caller: WritableBy(…) and WriteOnce() contradict it"
    if kinds & {ReadOnly, WritableBy} and field.required:
        yield "a record can be made by those who may not set it: give it a default, or let it be None"


def _word_problems(marker: str, access: object, *, is_owned: bool) -> Iterator[str]:
    if not is_access(access):
        yield f"{marker} takes an access word such as OWNER or role(…), not {access!r}"
    elif is_open(access):
        yield f"{marker}(ANYONE) says nothing: leave it out"
    elif is_about_owners(access) and not is_owned:
        yield f"{marker} says OWNER, and these records have none: say OWNER of a resource of this model too"

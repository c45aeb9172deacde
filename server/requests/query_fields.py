"""Which fields of a resource callers may filter and sort by: what it names, or all that are indexed and not private."""

from collections.abc import Sequence

from server.service import Resource
from storage.record_type import RecordField, RecordType


def filterable_fields(resource: Resource, record_type: RecordType) -> tuple[RecordField, ...]:
    """The fields callers may filter by."""
    return _offered(resource.filterable, record_type)


def sortable_fields(resource: Resource, record_type: RecordType) -> tuple[RecordField, ...]:
    """The fields callers may sort by; lists and objects have no order."""
    return tuple(field for field in _offered(resource.sortable, record_type) if field.kind != "json")


def _offered(names: Sequence[str] | None, record_type: RecordType) -> tuple[RecordField, ...]:
    if names is None:
        return tuple(field for field in record_type.fields if field.indexed and not field.private)
    return tuple(record_type.by_name[name] for name in names)

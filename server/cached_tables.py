"""Which tables the cached resources of a service show."""

from collections.abc import Iterable

from server.declaration import Declaration
from server.service import Resource, Service


def cached_resources(service: Service) -> list[Resource]:
    """Those with `cache_seconds`."""
    return [resource for resource in service.resources if resource.is_cached]


def tables_shown(resources: Iterable[Resource], declaration: Declaration) -> frozenset[str]:
    """Their own tables, and those of the records they can expand: all whose writes a cache must hear of."""
    types = declaration.types
    by_name = {record_type.name: record_type for record_type in types.values()}
    shown = [types[resource.model] for resource in resources]
    expanded = [
        by_name[field.reference.target_name] for one in shown for field in one.references if field.reference is not None
    ]
    return frozenset(record_type.table for record_type in (*shown, *expanded))

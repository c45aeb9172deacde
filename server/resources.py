"""From a resource to the addresses of its REST collection."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from middleware.inbound.endpoint import Endpoint, ReadInput
from middleware.inbound.principal import Principal
from server.address import Address, Handle
from server.cached_handlers import CachedHandlers, policy_of
from server.callers_records import CallersRecords
from server.identity.callers_access import CallersAccess
from server.identity.decisions import decide_by
from server.identity.field_access import FieldRules
from server.identity.row_scopes import RowScopes, has_tenant
from server.record_handlers import RecordHandlers
from server.rehearsal import Rehearsal
from server.replicated_handlers import ReplicatedHandlers
from server.requests.cursor import Cursors
from server.requests.list_query import QueryReader
from server.requests.query_fields import filterable_fields, sortable_fields
from server.requests.record_requests import RecordRequests
from server.service import METHODS, WRITES, Action, Resource
from server.write_origins import OriginOf
from storage.cache.caching import Caching
from storage.encryption.cipher import Cipher
from storage.model import Model
from storage.records import Records, RecordTable
from storage.replicas.replica_reads import ReplicaReads
from storage.runner import TransactionRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What every resource of a service is served with."""

    tables: Mapping[type[Model], RecordTable]
    runner: TransactionRunner
    caching: Caching | None
    """None where nothing is to be kept."""
    replicas: ReplicaReads | None = None
    """None where nothing is to be read from them."""
    scopes: RowScopes
    fields: FieldRules
    origin_of: OriginOf
    callers: Sequence[Principal | None] = (None,)
    """Callers who stand for all, when it is found out which statements are usual."""
    cipher: Cipher | None
    """What encrypts fields; None where none is encrypted."""
    cursor_secret: bytes
    maximum_body_bytes: int


def resource_addresses(resource: Resource, serving: Serving) -> Iterator[Address]:
    """Every address the resource offers."""
    table = serving.tables[resource.model]
    reader = QueryReader(
        table.type,
        filterable=[field.name for field in filterable_fields(resource, table.type)],
        sortable=[field.name for field in sortable_fields(resource, table.type)],
        cursors=Cursors(serving.cursor_secret, resource.path),
    )
    access = _access(resource, table, serving=serving)
    requests = RecordRequests(table.type, reader, access=access, maximum_body_bytes=serving.maximum_body_bytes)
    records = Records(table, serving.runner)
    callers = CallersRecords(records, access, origin_of=serving.origin_of)
    handlers = _handlers(resource, callers, requests=requests, serving=serving)
    for action in resource.actions:
        handle, read_input = _parts(action, handlers, requests=requests)
        endpoint = Endpoint(
            template=resource.address_of(action, table.type.key.name),
            operation=f"{resource.area}.{action}",
            decide=decide_by(
                resource.access_to(action),
                area=resource.area,
                writes=action in WRITES,
                belongs=partial(has_tenant, table.type),
            ),
            read_input=read_input,
            idempotency=resource.idempotency if action in ("create", "update") else "none",
            priority=resource.priority,
        )
        rehearsal = Rehearsal(
            action=action,
            endpoint=endpoint,
            records=records,
            requests=requests,
            access=access,
            callers=serving.callers,
        )
        yield Address(method=METHODS[action], handle=handle, endpoint=endpoint, rehearsal=rehearsal)


def _access(resource: Resource, table: RecordTable, *, serving: Serving) -> CallersAccess:
    """What each action is about, by who calls."""
    offered = ((action, resource.access_to(action)) for action in resource.actions)
    words = {action: word for action, word in offered if word is not None}
    alike = "read" in words and serving.scopes.are_alike(table.type, words["read"])
    return CallersAccess(
        scopes={action: serving.scopes.of_action(table.type, word) for action, word in words.items()},
        fields={action: serving.fields.of_action(table.type, word) for action, word in words.items()},
        differs=serving.fields.hides(table.type) or not alike,
    )


def _handlers(
    resource: Resource, records: CallersRecords, *, requests: RecordRequests, serving: Serving
) -> RecordHandlers:
    if serving.caching is None or not resource.is_cached:
        if serving.replicas is None:
            return RecordHandlers(resource, records, requests=requests, runner=serving.runner)
        return ReplicatedHandlers(resource, records, requests=requests, runner=serving.runner, reads=serving.replicas)
    # What is kept is asked of the primary: a replica may not have the write that made the cache forget.
    reads = serving.caching.reads(resource.area, policy_of(resource))
    return CachedHandlers(resource, records, requests=requests, runner=serving.runner, reads=reads)


def _parts(action: Action, handlers: RecordHandlers, *, requests: RecordRequests) -> tuple[Handle, ReadInput]:
    parts: Mapping[Action, tuple[Handle, ReadInput]] = {
        "list": (handlers.list, requests.list),
        "read": (handlers.read, requests.read),
        "create": (handlers.create, requests.create),
        "replace": (handlers.replace, requests.replace),
        "update": (handlers.update, requests.update),
        "delete": (handlers.delete, requests.delete),
    }
    return parts[action]

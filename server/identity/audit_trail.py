"""The audit trail as admins read it: `/identity/audit`, a collection like any other that nobody writes to over HTTP.

It is there where some resource is `audited`. An admin that belongs to a tenant reads what that tenant's callers did.
"""

from dataclasses import replace
from typing import Annotated, Literal

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, Table

from middleware.inbound.principal import Principal
from server.declaration import Declaration
from server.identity.access import role
from server.identity.api_keys import ADMIN
from server.service import Resource
from storage.describe import describe
from storage.migrations.serving_rights import INTERNAL_SCHEMA
from storage.model import Indexed, Model
from storage.postgres.trail import ENTRIES
from storage.record_type import RecordType
from storage.records import RecordTable
from storage.scope import EVERYTHING, Scope
from storage.tables.constraint_names import NamedRule
from storage.tables.constraints import RULE
from storage.tables.schema import tables

PATH = "/identity/audit"


TABLE = f"{INTERNAL_SCHEMA}.{ENTRIES}"


class AuditEntry(Model, table=ENTRIES):
    """One change to one record: what was done, by whom, from where, by which request. Values are not in it."""

    action: Annotated[Literal["create", "update", "delete", "erase"], Indexed()]
    record_type: Annotated[str, Indexed()]
    record_key: Annotated[str, Indexed()]
    record_version: int
    fields: list[str]
    subject: Annotated[str | None, Indexed()] = None
    tenant: str | None = None
    credential_id: str | None = None
    address: str | None = None
    request_id: str | None = None
    operation: str | None = None


TRAIL = Resource(
    AuditEntry,
    path=PATH,
    read=role(ADMIN),
    filterable=("id", "record_type", "record_key", "subject", "created_at"),
    sortable=("id",),
    description="Who changed which record of the audited resources, oldest first.",
)


def with_audit_trail(declaration: Declaration) -> Declaration:
    """The declaration with the trail, if there is one to read."""
    if not any(record_type.is_audited for record_type in declaration.types.values()):
        return declaration
    service = replace(declaration.service, resources=[*declaration.service.resources, TRAIL])
    return Declaration(service=service, types={**declaration.types, AuditEntry: _entry_type()})


def entry_table() -> RecordTable:
    """The statements that read it, from the schema of our own."""
    metadata, entry_type = MetaData(), _entry_type()
    (made,) = tables([describe(AuditEntry)]).tables.values()
    columns = (Column(one.name, one.type, nullable=one.nullable) for one in made.columns)
    rule = NamedRule(rule="key", table=entry_type.table, fields=(entry_type.key.name,))
    key = PrimaryKeyConstraint(*rule.fields, name=f"{ENTRIES}_pkey", info={RULE: rule})
    Table(ENTRIES, metadata, *columns, key, schema=INTERNAL_SCHEMA)
    return RecordTable(entry_type, types={entry_type.name: entry_type}, metadata=metadata)


def scope_of_admin(principal: Principal | None) -> Scope:
    """The entries an admin may read."""
    tenant = None if principal is None else principal.tenant
    return EVERYTHING if tenant is None else Scope(bounds={TABLE: {"tenant": tenant}})


def _entry_type() -> RecordType:
    return replace(describe(AuditEntry), table=TABLE)

"""The statements of every record type that is served: the team's, and the audit trail's where there is one."""

from collections.abc import Mapping

from server.declaration import Types
from server.identity.audit_trail import AuditEntry, entry_table
from storage.encryption.cipher import Cipher
from storage.model import Model
from storage.records import RecordTable
from storage.tables.schema import tables


def record_tables(types: Types, *, cipher: Cipher | None = None) -> Mapping[type[Model], RecordTable]:
    """The statements of each model; `cipher` where fields are encrypted."""
    declared = {model: record_type for model, record_type in types.items() if model is not AuditEntry}
    metadata = tables(declared)
    by_name = {record_type.name: record_type for record_type in declared.values()}
    found = {
        model: RecordTable(record_type, types=by_name, metadata=metadata, cipher=cipher)
        for model, record_type in declared.items()
    }
    return found | ({AuditEntry: entry_table()} if AuditEntry in types else {})

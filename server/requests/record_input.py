"""Reads the body of a write against its model: what is set, or everything that is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from middleware.errors import Fault, Invalid
from server.requests.json_body import broken_rules, faults_of, validated
from server.requests.json_document import read_json
from server.requests.loose_values import loose_faults, loosely_read
from server.requests.partial_model import checks_fields_together, partial_model
from storage.model import Model
from storage.private_fields import remember_private
from storage.private_names import private_names
from storage.record_type import RecordType
from storage.storable import escaped, storage_faults


@dataclass(frozen=True, slots=True)
class Patch:
    """A JSON Merge Patch (RFC 7396).

    `values` (field → Python value) can be set as they are; where `merges`, `document` has to be merged into the
    record as it stands first, because it reaches into an object or the model checks fields together. `faults` are
    those that are sure already: they are told together with what the merged record has.
    """

    values: Mapping[str, object]
    document: Mapping[str, Any]
    merges: bool
    faults: tuple[Fault, ...] = ()
    kept: frozenset[str] = frozenset()
    """The fields that stay as they are, whatever the document says."""
    replaces: bool = False
    """Whether the other fields get their defaults where the document leaves them out: what a PUT means."""


class RecordInput:
    """Reads bodies for one record type; every method raises Malformed or Invalid with all faults."""

    def __init__(self, record_type: RecordType) -> None:
        self._type = record_type
        self._adapter: TypeAdapter[Model] = TypeAdapter(record_type.model)
        self._partial: TypeAdapter[Any] = TypeAdapter(partial_model(record_type))
        self._checks_together = checks_fields_together(record_type.model)
        self._loose = None if self._checks_together else loosely_read(record_type.model)
        self._system = frozenset(field.name for field in record_type.fields if field.system)
        self._fixed = self._system | {record_type.key.name}
        self._private = private_names(record_type.model)
        self._written = tuple(field.name for field in record_type.written)

    def new(self, raw: bytes, *, fixed: frozenset[str] = frozenset()) -> Model:
        """The record a POST describes; the caller may not set what is `fixed`."""
        return self._record(raw, self._document(raw), read_only=self._system | fixed)

    def keyed(self, raw: bytes) -> Model:
        """The record a line of a file describes: as a POST's, but it may give its key, for others to refer to.

        What else is to be known of who calls it has to say: whose tenant's it is.
        """
        document, tenant = self._document(raw), self._type.tenant
        said = {self._type.key.name} if tenant is None else {self._type.key.name, tenant.name}
        faults = self._read_only_faults(document, self._system - said)
        if tenant is not None and isinstance(document, dict) and not document.get(tenant.name):
            faults.append(Fault(code="missing", detail="say whose it is", pointer=f"/{tenant.name}"))
        record: Model = self._validated(self._adapter, raw, document=document, faults=faults)
        return record

    def whole(self, raw: bytes, key: str, *, fixed: frozenset[str] = frozenset()) -> Model:
        """The record a PUT at `key` describes; the key stands in the path alone."""
        document = self._document(raw)
        field = self._type.key
        if field.system or not isinstance(document, dict) or field.name in document:
            return self._record(raw, document, read_only=self._fixed | fixed)
        value = key if field.kind == "integer" else orjson.dumps(key).decode()
        opening = f'{{"{field.name}":{value}{"," if document else ""}'.encode()
        document[field.name] = orjson.loads(value)
        return self._record(opening + raw.lstrip()[1:], document, read_only=self._system | fixed)

    def replacement(self, raw: bytes, *, kept: frozenset[str]) -> Patch:
        """What a PUT describes of a record of which some fields are `kept` as they are."""
        document = self._document(raw)
        if not isinstance(document, dict):
            raise broken_rules([Fault(code="model_type", detail="Input should be an object", pointer="")])
        faults = self._read_only_faults(document, self._fixed | kept)
        return Patch({}, document, merges=True, faults=tuple(faults), kept=kept, replaces=True)

    def patch(self, raw: bytes, *, kept: frozenset[str] = frozenset()) -> Patch:
        """The changes a PATCH describes; the caller may not change what is `kept`."""
        document = self._document(raw)
        faults = self._read_only_faults(document, self._fixed | kept)
        if self._must_merge(document):
            return Patch({}, document, merges=True, faults=tuple(faults), kept=kept)
        record = self._validated(self._partial, raw, document=document, faults=faults)
        return Patch({name: getattr(record, name) for name in record.model_fields_set}, document, merges=False)

    def merged(self, patch: Patch, current: bytes) -> Mapping[str, object]:
        """The values a patch gives a record as it stands (its JSON); the whole must still be valid."""
        fixed = self._fixed | patch.kept
        standing = {name: value for name, value in orjson.loads(current).items() if name not in self._system}
        remember_private(standing, self._private)
        changes = {name: value for name, value in patch.document.items() if name not in fixed}
        if patch.replaces:
            changed = {name: value for name, value in standing.items() if name in fixed} | changes
        else:
            changed = standing | {name: merge(standing.get(name), value) for name, value in changes.items()}
        record = self._validated(self._adapter, orjson.dumps(changed), document=changed, faults=list(patch.faults))
        # what checks fields together may also have set some that the patch does not name
        names = changes if not (patch.replaces or self._checks_together) else self._written
        return {name: getattr(record, name) for name in names if name not in fixed}

    def _document(self, raw: bytes) -> Any:
        document = read_json(raw)
        if self._private:
            remember_private(document, self._private)
        return document

    def _must_merge(self, document: object) -> bool:
        if not isinstance(document, dict) or not document:
            return False
        return self._checks_together or any(isinstance(value, dict) for value in document.values())

    def _record(self, raw: bytes, document: object, *, read_only: frozenset[str]) -> Model:
        faults = self._read_only_faults(document, read_only)
        record: Model = self._validated(self._adapter, raw, document=document, faults=faults)
        return record

    def _validated(self, adapter: TypeAdapter[Any], raw: bytes, *, document: object, faults: list[Fault]) -> Any:
        """The model in `raw`, unless it has faults or there are some already."""
        try:
            value = validated(adapter, raw, document=document, loose=self._loose)
        except Invalid as invalid:
            known = {fault.pointer for fault in faults}
            faults = [*faults, *(fault for fault in invalid.faults if fault.pointer not in known)]
            raise broken_rules([*faults, *self._storage_faults(document, faults)]) from invalid
        if faults:
            raise broken_rules([*faults, *self._storage_faults(document, faults)])
        return value

    def _storage_faults(self, document: object, faults: Iterable[Fault]) -> list[Fault]:
        """What could not be stored of the fields that have no fault yet."""
        if self._checks_together or not isinstance(document, dict):
            return []
        faulty = {(fault.pointer or "").split("/")[1] for fault in faults if fault.pointer}
        rest = {
            name: value
            for name, value in document.items()
            if escaped(name) not in faulty and name in self._type.by_name
        }
        try:
            record = self._partial.validate_json(orjson.dumps(rest), strict=True)
        except ValidationError as error:
            return faults_of(error, rest)
        values = {name: getattr(record, name) for name in rest}
        return [*loose_faults(record, rest), *storage_faults(self._type, values)]

    def _read_only_faults(self, document: object, names: frozenset[str]) -> list[Fault]:
        if not isinstance(document, dict) or names.isdisjoint(document):
            return []
        return [self._read_only(name) for name in document if name in names]

    def _read_only(self, name: str) -> Fault:
        if name in self._system:
            detail = "Mainstay sets this; leave it out"
        elif name == self._type.key.name:
            detail = "the address says this; leave it out"
        else:
            detail = "you may not set this here; leave it out, and it stays as it is or gets its default"
        return Fault(code="read_only", detail=detail, pointer=f"/{name}")


def merge(target: object, patch: object) -> Any:
    """RFC 7396 §2: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result

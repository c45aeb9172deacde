"""Reads the body of a write against its model: what is set, or everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import TypeAdapter, ValidationError, create_model

from middleware.errors import Fault, Invalid
from server.json_body import faults_of, read_json, validated
from storage.model import Model
from storage.record_type import RecordType


@dataclass(frozen=True, slots=True)
class Patch:
    """A JSON Merge Patch (RFC 7396).

    `values` (field → Python value) can be set as they are; where `merges`, `document` has to be merged into the
    record as it stands first, because it reaches into an object or the model checks fields together.
    """

    values: Mapping[str, object]
    document: Mapping[str, Any]
    merges: bool


class RecordInput:
    """Reads bodies for one record type; every method raises Malformed or Invalid with all faults."""

    def __init__(self, record_type: RecordType) -> None:
        self._type = record_type
        self._adapter: TypeAdapter[Model] = TypeAdapter(record_type.model)
        self._patch_adapter: TypeAdapter[Model] = TypeAdapter(_patch_model(record_type))
        self._checks_together = bool(record_type.model.__pydantic_decorators__.model_validators)
        self._system = frozenset(field.name for field in record_type.fields if field.system)
        self._fixed = self._system | {record_type.key.name}

    def new(self, raw: bytes) -> Model:
        """The record a POST describes."""
        return self._record(raw, read_json(raw), read_only=self._system)

    def keyed(self, raw: bytes) -> Model:
        """The record a line of a file describes: as a POST's, and it may give its key, for others to refer to."""
        return self._record(raw, read_json(raw), read_only=self._system - {self._type.key.name})

    def whole(self, raw: bytes, key: str) -> Model:
        """The record a PUT at `key` describes; the key stands in the path alone."""
        document = read_json(raw)
        field = self._type.key
        if field.system or not isinstance(document, dict) or field.name in document:
            return self._record(raw, document, read_only=self._fixed)
        value = key if field.kind == "integer" else orjson.dumps(key).decode()
        opening = f'{{"{field.name}":{value}{"," if document else ""}'.encode()
        return self._record(opening + raw.lstrip()[1:], document, read_only=self._system)

    def patch(self, raw: bytes) -> Patch:
        """The changes a PATCH describes."""
        document = read_json(raw)
        faults = self._read_only_faults(document, self._fixed)
        merges = self._checks_together or any(isinstance(value, dict) for value in _values(document))
        if not merges:
            record = self._validated(self._patch_adapter, raw, faults)
            return Patch({name: getattr(record, name) for name in record.model_fields_set}, document, merges=False)
        _raise_if(faults)
        return Patch({}, document, merges=True)

    def merged(self, patch: Patch, current: bytes) -> Mapping[str, object]:
        """The values a patch gives a record as it stands (its JSON); the whole must still be valid."""
        standing = orjson.loads(current)
        kept = {name: value for name, value in standing.items() if name not in self._system}
        changed = {
            name: value if value is None else merge(kept.get(name), value) for name, value in patch.document.items()
        }
        record = validated(self._adapter, orjson.dumps(kept | changed))
        return {name: getattr(record, name) for name in patch.document}

    def _record(self, raw: bytes, document: object, *, read_only: frozenset[str]) -> Model:
        return self._validated(self._adapter, raw, self._read_only_faults(document, read_only))

    def _validated(self, adapter: TypeAdapter[Model], raw: bytes, faults: list[Fault]) -> Model:
        if not faults:
            return validated(adapter, raw)
        pointers = {fault.pointer for fault in faults}
        try:
            adapter.validate_json(raw, strict=True)
        except ValidationError as error:
            faults += [fault for fault in faults_of(error) if fault.pointer not in pointers]
        raise _refused(faults)

    def _read_only_faults(self, document: object, names: frozenset[str]) -> list[Fault]:
        given = document if isinstance(document, dict) else {}
        detail = "Mainstay sets this; leave it out"
        return [Fault(code="read_only", detail=detail, pointer=f"/{name}") for name in given if name in names]


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


def _patch_model(record_type: RecordType) -> type[Model]:
    """The model with every field optional: each is still checked, alone, by its own rules."""
    fields: dict[str, Any] = {
        name: (Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation, None)
        for name, info in record_type.model.model_fields.items()
    }
    return create_model(f"{record_type.name}Patch", __base__=record_type.model, **fields)


def _values(document: object) -> list[object]:
    return list(document.values()) if isinstance(document, dict) else []


def _raise_if(faults: list[Fault]) -> None:
    if faults:
        raise _refused(faults)


def _refused(faults: list[Fault]) -> Invalid:
    return Invalid("The body breaks the declared rules.", faults=faults)

"""Markers for a model's fields: who may see and set a single one."""

from dataclasses import dataclass

from server.identity.access import Access


@dataclass(frozen=True, slots=True)
class ReadableBy:
    """Only these see the field; to all others it is as if the record had none.

    `OWNER` admits whoever is confined to rows of its own.
    """

    access: Access


@dataclass(frozen=True, slots=True)
class WritableBy:
    """Only these set the field; a record that others make has its default. `OWNER` is as for `ReadableBy`."""

    access: Access


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """No caller sets the field: the service's own handlers do."""


@dataclass(frozen=True, slots=True)
class WriteOnce:
    """A caller sets the field of a new record, and no request changes it later."""

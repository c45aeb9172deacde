"""An API key as it is stored: all about it but the key."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrant:
    """What a key stands for and how long; `resources` None is all, `expires_in_seconds` None is for ever."""

    name: str
    subject: str
    roles: tuple[str, ...]
    tenant: str | None = None
    resources: tuple[str, ...] | None = None
    may_write: bool = True
    limit_factor: float | None = None
    expires_in_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyName:
    """What a key is found by: its id, which people see, and its SHA-256, which callers prove to know the origin of."""

    id: str
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """One row; `expires_in_seconds` is told by the database's clock, negative once it has expired."""

    id: str
    name: str
    subject: str
    tenant: str | None
    roles: tuple[str, ...]
    resources: tuple[str, ...] | None
    may_write: bool
    limit_factor: float | None
    created_at: datetime
    created_by: str
    rotated_from: str | None
    expires_at: datetime | None
    expires_in_seconds: float | None
    revoked_at: datetime | None
    last_used_at: datetime | None


STORED_KEY = TypeAdapter(StoredKey)
STORED_KEYS = TypeAdapter(list[StoredKey])

"""Declare a service in one Python file; everything a team imports is here.

Each word is looked up when it is first used (PEP 562), so that `mainstay --help` need not import what serves requests.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from middleware.errors import BadGateway, Elapsed, OutcomeUnknown, Unavailable, UpstreamFailed, UpstreamRefused
    from middleware.inbound.cors import Cors
    from middleware.inbound.principal import Principal
    from middleware.inbound.quota import Limit
    from middleware.outbound.upstream_policy import UpstreamPolicy
    from server.handling import body, principal, query, store, upstream
    from server.identity.access import ANYONE, OWNER, SIGNED_IN, role
    from server.identity.field_markers import ReadableBy, ReadOnly, WritableBy, WriteOnce
    from server.record_store import Store
    from server.service import Accounts, Resource, Route, Service, Tokens, Upstream
    from server.upstreams.answer import Answer
    from storage.model import Encrypted, Indexed, Key, Model, Private, Reference, RenamedFrom, Tenant, Unique
    from telemetry.objectives import Availability, Latency

__all__ = [
    "ANYONE",
    "OWNER",
    "SIGNED_IN",
    "Accounts",
    "Answer",
    "Availability",
    "BadGateway",
    "Cors",
    "Elapsed",
    "Encrypted",
    "Indexed",
    "Key",
    "Latency",
    "Limit",
    "Model",
    "OutcomeUnknown",
    "Principal",
    "Private",
    "ReadOnly",
    "ReadableBy",
    "Reference",
    "RenamedFrom",
    "Resource",
    "Route",
    "Service",
    "Store",
    "Tenant",
    "Tokens",
    "Unavailable",
    "Unique",
    "Upstream",
    "UpstreamFailed",
    "UpstreamPolicy",
    "UpstreamRefused",
    "WritableBy",
    "WriteOnce",
    "body",
    "principal",
    "query",
    "role",
    "store",
    "upstream",
]

_HOMES = {
    "ANYONE": "server.identity.access",
    "OWNER": "server.identity.access",
    "SIGNED_IN": "server.identity.access",
    "Answer": "server.upstreams.answer",
    "Availability": "telemetry.objectives",
    "BadGateway": "middleware.errors",
    "Accounts": "server.service",
    "Cors": "middleware.inbound.cors",
    "Elapsed": "middleware.errors",
    "Encrypted": "storage.model",
    "Indexed": "storage.model",
    "Key": "storage.model",
    "Latency": "telemetry.objectives",
    "Limit": "middleware.inbound.quota",
    "Model": "storage.model",
    "OutcomeUnknown": "middleware.errors",
    "Principal": "middleware.inbound.principal",
    "Private": "storage.model",
    "ReadOnly": "server.identity.field_markers",
    "ReadableBy": "server.identity.field_markers",
    "Reference": "storage.model",
    "RenamedFrom": "storage.model",
    "Resource": "server.service",
    "Route": "server.service",
    "Service": "server.service",
    "Store": "server.record_store",
    "Tenant": "storage.model",
    "Tokens": "server.service",
    "Unavailable": "middleware.errors",
    "Unique": "storage.model",
    "Upstream": "server.service",
    "UpstreamFailed": "middleware.errors",
    "UpstreamPolicy": "middleware.outbound.upstream_policy",
    "UpstreamRefused": "middleware.errors",
    "WritableBy": "server.identity.field_markers",
    "WriteOnce": "server.identity.field_markers",
    "body": "server.handling",
    "principal": "server.handling",
    "query": "server.handling",
    "role": "server.identity.access",
    "store": "server.handling",
    "upstream": "server.handling",
}
"""Where each word is defined."""

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Import a word from where it is defined, once."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        word = getattr(import_module(_HOMES[name]), name)
        globals()[name] = word
        return word

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

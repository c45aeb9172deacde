"""Declare a service in one Python file; everything a team imports is here."""

from middleware.inbound.cors import Cors
from middleware.inbound.principal import Principal
from middleware.inbound.quota import Limit
from server.handling import body, principal, query, store
from server.identity.access import ANYONE, OWNER, SIGNED_IN, role
from server.record_store import Store
from server.service import Resource, Route, Service, Upstream
from storage.model import Indexed, Key, Model, Reference, RenamedFrom, Unique

__all__ = [
    "ANYONE",
    "OWNER",
    "SIGNED_IN",
    "Cors",
    "Indexed",
    "Key",
    "Limit",
    "Model",
    "Principal",
    "Reference",
    "RenamedFrom",
    "Resource",
    "Route",
    "Service",
    "Store",
    "Unique",
    "Upstream",
    "body",
    "principal",
    "query",
    "role",
    "store",
]

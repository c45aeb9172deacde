"""What a handler of the team's own may ask for: its checked body, its query, who calls, the store, an upstream."""

from collections.abc import Mapping
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel

from middleware.inbound.identify import CONTEXT
from middleware.inbound.principal import PRINCIPAL, Principal
from middleware.inbound.validate import input_of
from server.record_store import TransactionStore
from server.requests.route_requests import RouteInput
from server.service import Upstream
from server.upstreams.upstream_calls import UpstreamCalls
from server.upstreams.upstream_client import UpstreamClient

STORE: web.AppKey[TransactionStore] = web.AppKey("store", TransactionStore)
REQUEST_STORE = web.RequestKey("store", TransactionStore)
"""The records as one request sees them, where that is not as all do."""
UPSTREAMS: web.AppKey[Mapping[str, UpstreamClient]] = web.AppKey("upstreams", Mapping[str, UpstreamClient])

M = TypeVar("M", bound=BaseModel)


def body(request: web.Request, model: type[M]) -> M:
    """The request's body, already checked: `model` is what the route `accepts`."""
    return _handed(input_of(request, RouteInput).body, model, word="accepts")


def query(request: web.Request, model: type[M]) -> M:
    """The request's query parameters, already checked: `model` is the route's `parameters`."""
    return _handed(input_of(request, RouteInput).query, model, word="parameters")


def principal(request: web.Request) -> Principal | None:
    """Who calls; None for a caller that brought no credential."""
    return request.get(PRINCIPAL)


def store(request: web.Request) -> TransactionStore:
    """The service's records, those that whoever calls may see and change where the route's access word or a tenant
    confines it; `store(request).of_everybody()` is all of them.

    For a request that brings an Idempotency-Key, all that is done through it is one transaction.
    """
    return request.get(REQUEST_STORE) or request.app[STORE]


def upstream(request: web.Request, declared: Upstream) -> UpstreamCalls:
    """A client for an upstream of the service, whose calls are made on behalf of this request."""
    client = request.app[UPSTREAMS].get(declared.name)
    if client is None:
        raise TypeError(f"the service does not say upstreams=[…] with {declared.name!r} among them")
    return UpstreamCalls(client, request[CONTEXT])


def _handed(value: BaseModel | None, model: type[M], *, word: str) -> M:
    if not isinstance(value, model):
        raise TypeError(f"the route does not say {word}={model.__name__}")
    return value

"""Reads what a request to a team's own route brings, as the route declares it."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from middleware.errors import Fault, Invalid, Malformed
from server.declaration import Declaration
from server.json_body import faults_of, read_json, validated
from server.list_query import parsed
from server.negotiation import JSON_TYPES, read_body, require_acceptable
from server.record_requests import key_in_path, query_of, refuse_query
from server.service import Route
from storage.record_type import RecordType
from storage.storable import document_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteInput:
    """The checked body and query of a route; None where it declares none."""

    body: BaseModel | None
    query: BaseModel | None


class RouteRequests:
    """Reads the requests of one route; raises Malformed, Invalid or NotFound with all faults at once."""

    def __init__(self, route: Route, keys: Mapping[str, RecordType], *, maximum_body_bytes: int) -> None:
        self._route = route
        self._keys = keys
        self._maximum_body_bytes = maximum_body_bytes
        self._body: TypeAdapter[BaseModel] | None = TypeAdapter(route.accepts) if route.accepts else None
        self._query: TypeAdapter[BaseModel] | None = TypeAdapter(route.parameters) if route.parameters else None

    async def read(self, request: web.Request) -> RouteInput:
        """The whole input."""
        require_acceptable(request)
        for parameter, record_type in self._keys.items():
            key_in_path(request, record_type, parameter=parameter)
        query = self._read_query(request)
        return RouteInput(query=query, body=await self._read_body(request))

    def _read_query(self, request: web.Request) -> BaseModel | None:
        if self._query is None:
            refuse_query(request)
            return None
        given = {one.name: one.value for one in parsed(query_of(request))}
        try:
            return self._query.validate_strings(given)
        except ValidationError as error:
            raise Malformed("The query has faults.", faults=[_in_query(fault) for fault in faults_of(error)]) from error

    async def _read_body(self, request: web.Request) -> BaseModel | None:
        if self._body is None:
            return None
        raw = await read_body(request, JSON_TYPES, maximum_bytes=self._maximum_body_bytes)
        faults = document_faults(read_json(raw)) if b"\\u0000" in raw else []
        if faults:
            raise Invalid("The body breaks the declared rules.", faults=faults)
        return validated(self._body, raw)


def keys_in(path: str, declaration: Declaration) -> dict[str, RecordType]:
    """The path's parameters that stand where a resource has its key: `{id}` in `/orders/{id}/pay`."""
    keys: dict[str, RecordType] = {}
    for resource in declaration.service.resources:
        rest = path.removeprefix(resource.path)
        first = rest.removeprefix("/").partition("/")[0]
        if rest != path and rest.startswith("/{") and first.endswith("}"):
            keys[first[1:-1]] = declaration.types[resource.model]
    return keys


def _in_query(fault: Fault) -> Fault:
    return Fault(code=fault.code, detail=fault.detail, parameter=(fault.pointer or "").lstrip("/"))

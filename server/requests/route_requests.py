"""Reads what a request to a team's own route brings, as the route declares it."""

from collections.abc import Collection, Iterable, Mapping

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from middleware.errors import Fault, Invalid
from server.declaration import Declaration
from server.nearest import there_are
from server.requests.json_body import broken_rules, faults_of, validated
from server.requests.json_document import read_json
from server.requests.loose_values import loose_texts
from server.requests.negotiation import JSON_TYPES, OrLater, of_body, require_acceptable
from server.requests.query_string import Reading, read_parameters
from server.requests.record_requests import key_in_path, query_of, refuse_query, text_in_path
from server.service import Route
from storage.private_fields import remember_private
from storage.private_names import private_names
from storage.record_type import RecordType
from storage.storable import document_faults
from telemetry.frozen import frozen


@frozen
class RouteInput:
    """The checked body and query of a route; None where it declares none."""

    body: BaseModel | None
    query: BaseModel | None


_NOTHING = RouteInput(body=None, query=None)


class RouteRequests:
    """Reads the requests of one route; raises Malformed, Invalid or NotFound with all faults at once."""

    def __init__(self, route: Route, keys: Mapping[str, RecordType], *, maximum_body_bytes: int) -> None:
        self._route = route
        self._keys = keys
        self._has_parameters = "{" in route.path
        self._maximum_body_bytes = maximum_body_bytes
        self._body: TypeAdapter[BaseModel] | None = TypeAdapter(route.accepts) if route.accepts else None
        self._query: TypeAdapter[BaseModel] | None = TypeAdapter(route.parameters) if route.parameters else None
        declared = (route.accepts, route.parameters)
        self._private = frozenset[str]().union(*(private_names(model) for model in declared if model is not None))
        self._names = _parameter_names(route.parameters) if route.parameters else None

    def read(self, request: web.Request) -> OrLater[RouteInput]:
        """The whole input, or a coroutine that gives it once the body has come."""
        require_acceptable(request)
        for parameter in request.match_info if self._has_parameters else ():
            if parameter in self._keys:
                key_in_path(request, self._keys[parameter], parameter=parameter)
            else:
                text_in_path(request, parameter)
        adapter = self._body
        if self._query is None and adapter is None:
            refuse_query(request)
            return _NOTHING
        query = self._read_query(request)
        if adapter is None:
            return RouteInput(query=query, body=None)

        def read(raw: bytes) -> RouteInput:
            return RouteInput(query=query, body=self._read_body(raw, adapter))

        return of_body(request, JSON_TYPES, maximum_bytes=self._maximum_body_bytes, read=read)

    def _read_query(self, request: web.Request) -> BaseModel | None:
        if self._query is None:
            refuse_query(request)
            return None
        reading = Reading()
        given = read_parameters(query_of(request), reading)
        remember_private(given, self._private)
        if self._names is not None:
            _refuse_others(given, self._names, reading=reading)
        query: BaseModel | None = None
        try:
            query = self._query.validate_strings(given, strict=True)
        except ValidationError as error:
            reading.faults += [_in_query(fault) for fault in faults_of(error, given)]
        for name, code, detail in loose_texts(query, given) if query is not None else ():
            reading.refuse(name, code, detail=detail)
        reading.end()
        return query

    def _read_body(self, raw: bytes, adapter: TypeAdapter[BaseModel]) -> BaseModel:
        document = read_json(raw)
        remember_private(document, self._private)
        faults = document_faults(document) if b"\\u0000" in raw else []
        try:
            body = validated(adapter, raw, document=document)
        except Invalid as invalid:
            raise broken_rules([*faults, *invalid.faults]) from invalid
        if faults:
            raise broken_rules(faults)
        return body


def keys_in(path: str, declaration: Declaration) -> dict[str, RecordType]:
    """The path's parameters that stand where a resource has its key: `{id}` in `/orders/{id}/pay`."""
    keys: dict[str, RecordType] = {}
    for resource in declaration.service.resources:
        rest = path.removeprefix(resource.path)
        first = rest.removeprefix("/").partition("/")[0]
        if rest != path and rest.startswith("/{") and first.endswith("}"):
            keys[first[1:-1]] = declaration.types[resource.model]
    return keys


def _refuse_others(given: Iterable[str], names: Collection[str], *, reading: Reading) -> None:
    for name in given:
        if name not in names:
            detail = f"no such parameter; {there_are(names)}"
            reading.refuse(name, "unknown_parameter", detail=detail)


def _parameter_names(model: type[BaseModel]) -> tuple[str, ...] | None:
    """What the query may name; None where the model takes whatever there is."""
    if model.model_config.get("extra") == "allow":
        return None
    return tuple(str(info.validation_alias or info.alias or name) for name, info in model.model_fields.items())


def _in_query(fault: Fault) -> Fault:
    return Fault(code=fault.code, detail=fault.detail, parameter=(fault.pointer or "").lstrip("/"))

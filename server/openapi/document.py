"""Puts the OpenAPI 3.1 document of a service together."""

from collections.abc import Mapping, Sequence
from typing import cast

from server.declared_slis import slis_of
from server.identity.access import is_open
from server.identity.row_scopes import reading_words
from server.openapi.component_names import final_names, renamed, schemas_referred_to, titled
from server.openapi.conventions import ACCOUNTS, BEARER, CONVENTIONS
from server.openapi.definitions import Definitions, define
from server.openapi.json_value import JSON, Object
from server.openapi.list_examples import list_conventions
from server.openapi.list_parameters import parameter_components, query_schemas, shared
from server.openapi.objectives_told import mark_objectives, service_objectives
from server.openapi.operation_names import Served, route_operation_ids, served_resources
from server.openapi.problem_responses import problem_schemas, response_components
from server.openapi.record_schemas import record_schemas
from server.openapi.replicas_told import READ_AFTER_HEADER, READ_AFTER_PARAMETER, mark_reads_after
from server.openapi.resource_operations import resource_paths
from server.openapi.response_headers import header_components
from server.openapi.route_operations import route_operation
from server.service import Service
from storage.model import Model
from storage.record_type import RecordType

OPENAPI_VERSION = "3.1.0"
MAXIMUM_BODY_BYTES = 1_048_576


def openapi_document(
    service: Service,
    types: Mapping[type[Model], RecordType],
    *,
    server_url: str | None = None,
    maximum_body_bytes: int = MAXIMUM_BODY_BYTES,
    reads_replicas: bool = False,
) -> dict[str, JSON]:
    """Describe a service whose models are `types`; pure, so render it once.

    Without `server_url` the addresses are relative to where the document is read from.
    """
    served = served_resources(service, types)
    definitions = define(service, types)
    schemas = {
        **record_schemas(definitions, types, for_anyone=_read_by_anyone(service, types)),
        **definitions.others,
        **query_schemas(served),
        **problem_schemas(),
    }
    slis = slis_of(service, types)
    paths = _paths(service, served, definitions=definitions)
    mark_objectives(paths, slis)
    parameters, headers = parameter_components(), header_components()
    if reads_replicas:
        mark_reads_after(paths, served)
        parameters |= READ_AFTER_PARAMETER
        headers |= READ_AFTER_HEADER
    responses = response_components(maximum_body_bytes)
    names = final_names(_reachable(schemas, [paths, responses]))
    servers: Object = {"servers": [{"url": server_url}]} if server_url else {}
    return {
        "openapi": OPENAPI_VERSION,
        "info": _info(service, served),
        **servers,
        **service_objectives(slis),
        "tags": _tags(served),
        "paths": renamed(paths, names),
        "components": {
            "schemas": _named(schemas, names),
            "parameters": parameters,
            "headers": headers,
            "responses": renamed(responses, names),
            "securitySchemes": {"bearer": BEARER},
        },
    }


def _info(service: Service, served: Sequence[Served]) -> Object:
    own = f"{service.description}\n\n" if service.description else ""
    signing_in = "" if service.accounts is None else ACCOUNTS
    words = f"{own}{list_conventions(served)}{CONVENTIONS}{signing_in}"
    return {"title": service.name, "version": service.version, "description": words}


def _tags(served: Sequence[Served]) -> list[Object]:
    return [
        {"name": one.nouns, **({"description": one.resource.description} if one.resource.description else {})}
        for one in served
    ]


def _read_by_anyone(service: Service, types: Mapping[type[Model], RecordType]) -> frozenset[str]:
    """The record types all of whose records everybody may read."""
    return frozenset(types[model].name for model, word in reading_words(service).items() if is_open(word))


def _paths(service: Service, served: Sequence[Served], *, definitions: Definitions) -> dict[str, Object]:
    paths: dict[str, Object] = {}
    for one in served:
        for path, item in resource_paths(one, definitions).items():
            paths.setdefault(path, {}).update(item)
    taken = (one.operation_id(action) for one in served for action in one.resource.actions)
    for route, operation_id in zip(service.routes, route_operation_ids(service, taken), strict=True):
        operation = route_operation(
            route,
            operation_id,
            definitions=definitions,
            served=served,
            calls_upstreams=bool(service.upstreams),
        )
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    for item in paths.values():
        item["parameters"] = [*cast("Sequence[JSON]", item.get("parameters", ())), *shared("Request-Timeout")]
    return paths


def _named(schemas: Mapping[str, Object], names: Mapping[str, str]) -> dict[str, Object]:
    finished = {final: titled(final, renamed(schemas[name], names)) for name, final in names.items()}
    return dict(sorted(finished.items()))


def _reachable(schemas: Mapping[str, Object], roots: Sequence[JSON]) -> set[str]:
    """The names of the schemas something refers to: a resource nobody writes needs no schema for it."""
    found: set[str] = set()
    waiting = [name for root in roots for name in schemas_referred_to(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += schemas_referred_to(schemas[name])
    return found

"""The operations of a resource: list, read, create, replace, update, delete."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

from server.openapi.access_words import access_in_words, security_of
from server.openapi.definitions import Definitions
from server.openapi.json_value import JSON, Object, schema_reference
from server.openapi.list_parameters import (
    key_parameter,
    key_schema,
    list_parameters,
    shape_parameters,
    shared,
)
from server.openapi.operation_names import Served
from server.openapi.problem_responses import ALWAYS_POSSIBLE, WITH_A_BODY, problem_responses
from server.openapi.record_schemas import replace_schema_name
from server.openapi.response_headers import headers
from server.service import METHODS, Action

JSON_TYPE = "application/json"
MERGE_PATCH_TYPE = "application/merge-patch+json"


def resource_paths(served: Served, definitions: Definitions) -> dict[str, Object]:
    """The path items of a resource: its collection and one record of it."""
    write: Mapping[Action, Callable[[], Object]] = {
        "list": lambda: _list(served, definitions),
        "read": lambda: _read(served),
        "create": lambda: _create(served),
        "replace": lambda: _replace(served),
        "update": lambda: _update(served),
        "delete": lambda: _delete(served),
    }
    paths: dict[str, Object] = {}
    for action in served.resource.actions:
        path = served.collection_path if action in ("list", "create") else served.record_path
        paths.setdefault(path, {})[METHODS[action].lower()] = _who(served, action) | write[action]()
    if served.record_path in paths:
        paths[served.record_path]["parameters"] = [_key_parameter(served)]
    return paths


def _who(served: Served, action: Action) -> Object:
    access = served.resource.access_to(action)
    assert access is not None  # noqa: S101 - only offered actions are described
    return {
        "operationId": served.operation_id(action),
        "tags": [served.nouns],
        "x-access": access_in_words(access),
        **security_of(access),
    }


def _list(served: Served, definitions: Definitions) -> Object:
    answer: Object = {
        "description": f"A page of {served.nouns}.",
        "headers": headers("Link", "Preference-Applied", *_cache_headers(served)),
        "content": _json(schema_reference(f"{served.schema}.Page")),
    }
    return {
        "summary": f"List {served.nouns}",
        "parameters": list_parameters(served, definitions.properties(served.resource.model, "validation")),
        "responses": {"200": answer, **_refusals(HTTPStatus.BAD_REQUEST)},
    }


def _read(served: Served) -> Object:
    answer: Object = {
        "description": f"The {served.noun}.",
        "headers": headers("ETag", *_cache_headers(served)),
        "content": _json(schema_reference(f"{served.schema}.View")),
    }
    unchanged: Object = {
        "description": "It is still the version `If-None-Match` names.",
        "headers": headers("ETag", *_cache_headers(served)),
    }
    return {
        "summary": f"Read {served.noun_with_article}",
        "parameters": [*shape_parameters(served), *shared("If-None-Match")],
        "responses": {
            "200": answer,
            "304": unchanged,
            **_refusals(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
        },
    }


def _cache_headers(served: Served) -> tuple[str, ...]:
    """What a read tells of caches, ours among them."""
    return ("Cache-Control", "Age", "Cache-Status") if served.resource.is_cached else ("Cache-Control",)


def _create(served: Served) -> Object:
    answer = _stored(served, f"The {served.noun} as stored.", "Location", "ETag", "Idempotent-Replayed")
    links = _links(served)
    return {
        "summary": f"Create {served.noun_with_article}",
        "parameters": key_parameter(served.resource.idempotency),
        "requestBody": _body(f"{served.schema}.Create"),
        "responses": {
            "201": {**answer, "links": links} if links else answer,
            **_refusals(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, *WITH_A_BODY),
        },
    }


def _replace(served: Served) -> Object:
    return {
        "summary": f"Replace {served.noun_with_article}",
        "description": "What the body leaves out gets its default. With `If-None-Match: *` it creates the record.",
        "parameters": shared("If-Match", "If-None-Match-Create"),
        "requestBody": _body(replace_schema_name(served.record_type)),
        "responses": {
            "200": _stored(served, f"The {served.noun} as stored.", "ETag"),
            "201": _stored(served, f"The {served.noun}, made by this request.", "Location", "ETag"),
            **_refusals(*_ON_A_RECORD, *WITH_A_BODY),
        },
    }


def _update(served: Served) -> Object:
    return {
        "summary": f"Update {served.noun_with_article}",
        "description": "A JSON Merge Patch: what the body leaves out stays as it is, null removes.",
        "parameters": [*shared("If-Match"), *key_parameter(served.resource.idempotency)],
        "requestBody": _body(f"{served.schema}.Patch", MERGE_PATCH_TYPE, JSON_TYPE),
        "responses": {
            "200": _stored(served, f"The {served.noun} as stored.", "ETag", "Idempotent-Replayed"),
            **_refusals(*_ON_A_RECORD, *WITH_A_BODY),
        },
    }


def _delete(served: Served) -> Object:
    return {
        "summary": f"Delete {served.noun_with_article}",
        "description": "While other records refer to it, it is a conflict.",
        "parameters": shared("If-Match"),
        "responses": {
            "204": {"description": "It is gone.", "headers": headers()},
            **_refusals(*_ON_A_RECORD),
        },
    }


_ON_A_RECORD = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
)


def _refusals(*statuses: HTTPStatus) -> Object:
    return problem_responses({*statuses, *ALWAYS_POSSIBLE})


def _stored(served: Served, text: str, *names: str) -> Object:
    return {
        "description": text,
        "headers": headers(*names, "Cache-Control"),
        "content": _json(schema_reference(served.schema)),
    }


def _links(served: Served) -> Object:
    """What may be done next with the record just made."""
    key = served.record_type.key.name
    following: Iterable[Action] = ("read", "replace", "update", "delete")
    return {
        served.operation_id(action): {
            "operationId": served.operation_id(action),
            "parameters": {key: f"$response.body#/{key}"},
        }
        for action in following
        if action in served.resource.actions
    }


def _body(schema: str, *media_types: str) -> Object:
    content: dict[str, JSON] = {}
    for media_type in media_types or (JSON_TYPE,):
        content[media_type] = {"schema": schema_reference(schema)}
    return {"required": True, "content": content}


def _json(schema: Object) -> Object:
    return {JSON_TYPE: {"schema": schema}}


def _key_parameter(served: Served) -> Object:
    key = served.record_type.key
    return {
        "name": key.name,
        "in": "path",
        "required": True,
        "description": f"Which {served.noun}.",
        "schema": key_schema(key),
    }

"""The operations of a service's own routes."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import cast

from middleware.inbound.problem_document import MEDIA_TYPE
from server.openapi.access_words import access_in_words, security_of
from server.openapi.closed_sets import without_null
from server.openapi.definitions import Definitions, has_schema
from server.openapi.json_value import Object, schema_reference
from server.openapi.list_parameters import key_parameter, key_schema
from server.openapi.operation_names import Served, path_parameters
from server.openapi.problem_responses import ALWAYS_POSSIBLE, WITH_A_BODY, problem_responses
from server.openapi.resource_operations import JSON_TYPE
from server.openapi.response_headers import headers
from server.service import REPEATABLE, Route, words_of_path


def route_operation(
    route: Route, operation_id: str, *, definitions: Definitions, served: Sequence[Served], calls_upstreams: bool
) -> Object:
    """One route. Besides the problems it can be known to have, its handler may raise any other."""
    of_upstreams = [HTTPStatus.BAD_GATEWAY] if calls_upstreams else []
    parameters = [*_path_parameters(route, served), *_query_parameters(route, definitions), *_key(route)]
    body: Object = {}
    if route.accepts is not None:
        schema = definitions.of_type(route.accepts, "validation")
        body["requestBody"] = {"required": True, "content": {JSON_TYPE: {"schema": schema}}}
    return {
        "operationId": operation_id,
        "tags": [_tag(route, served)],
        "summary": route.summary or operation_id.replace("_", " ").capitalize(),
        "x-access": access_in_words(route.access) if route.access else "nobody yet",
        **security_of(route.access),
        **({"parameters": parameters} if parameters else {}),
        **body,
        "responses": {
            **_answer(route, definitions),
            **problem_responses({*_statuses(route), *of_upstreams, *ALWAYS_POSSIBLE}),
            "default": {
                "description": "Any other problem.",
                "headers": headers(),
                "content": {MEDIA_TYPE: {"schema": schema_reference(".Problem")}},
            },
        },
    }


def _key(route: Route) -> list[Object]:
    return key_parameter(route.idempotency) if route.method in REPEATABLE else []


def _answer(route: Route, definitions: Definitions) -> Object:
    status = HTTPStatus(route.status or (HTTPStatus.NO_CONTENT if route.returns is None else HTTPStatus.OK))
    names = ("Idempotent-Replayed",) if _key(route) else ()
    answer: Object = {"description": status.description or status.phrase, "headers": headers(*names)}
    if has_schema(route.returns):
        answer["content"] = {JSON_TYPE: {"schema": definitions.of_type(route.returns, "serialization")}}
    return {str(status.value): answer}


def _statuses(route: Route) -> Iterator[HTTPStatus]:
    yield HTTPStatus.BAD_REQUEST
    if path_parameters(route.path):
        yield HTTPStatus.NOT_FOUND
    if route.method != "GET":
        yield HTTPStatus.CONFLICT
    if route.accepts is not None:
        yield from WITH_A_BODY
    elif _key(route):
        yield HTTPStatus.UNPROCESSABLE_ENTITY


def _path_parameters(route: Route, served: Sequence[Served]) -> Iterator[Object]:
    for name in path_parameters(route.path):
        owner = next((one for one in served if _stands_for_key(route, name, served=one)), None)
        schema: Object = key_schema(owner.record_type.key) if owner else {"type": "string", "minLength": 1}
        about: Object = {"description": f"Which {owner.noun}."} if owner else {}
        yield {"name": name, "in": "path", "required": True, **about, "schema": schema}


def _stands_for_key(route: Route, name: str, *, served: Served) -> bool:
    """`{id}` in `/orders/{id}/pay` stands where the resource `/orders` has its key."""
    template = f"{route.path}/"
    return template.startswith(f"{served.collection_path}/{{{name}}}/")


def _query_parameters(route: Route, definitions: Definitions) -> Iterator[Object]:
    if route.parameters is None:
        return
    schema = definitions.resolved(definitions.of_type(route.parameters, "validation"))
    required = cast("Sequence[str]", schema.get("required", ()))
    for name, declared in cast("Mapping[str, Object]", schema.get("properties", {})).items():
        about: Object = {"description": declared["description"]} if "description" in declared else {}
        value = {key: member for key, member in without_null(declared).items() if key != "description"}
        yield {"name": name, "in": "query", "required": name in required, **about, "schema": value}


def _tag(route: Route, served: Sequence[Served]) -> str:
    template = f"{route.path}/"
    owners = [one for one in served if template.startswith(f"{one.collection_path}/")]
    if owners:
        return max(owners, key=lambda one: len(one.collection_path)).nouns
    return words_of_path(route.path).split("_")[0] or "service"

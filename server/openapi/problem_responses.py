"""What goes wrong, as components: one schema, and one response for each status with the problems behind it."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from middleware import errors
from middleware.inbound.problem_document import MEDIA_TYPE, problem_type
from server.openapi.json_value import JSON, Object, reference, schema_reference
from server.openapi.response_headers import headers

ALWAYS_POSSIBLE = (
    HTTPStatus.UNAUTHORIZED,  # for a credential that is not taken, also where none is needed
    HTTPStatus.FORBIDDEN,  # for one whose scope ends before this, likewise
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
WITH_A_BODY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)

PROBLEMS: tuple[type[errors.Problem], ...] = tuple(
    word
    for word in vars(errors).values()
    if isinstance(word, type) and issubclass(word, errors.Problem) and word.kind in errors.STATUS
)
"""The whole taxonomy, in its order."""

_OWN_HEADERS: Mapping[int, tuple[str, ...]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.FORBIDDEN: ("WWW-Authenticate",),
    HTTPStatus.METHOD_NOT_ALLOWED: ("Allow",),
    HTTPStatus.CONFLICT: ("Retry-After",),
    HTTPStatus.PRECONDITION_FAILED: ("ETag",),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("Accept-Post", "Accept-Patch"),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
_EXAMPLE_FAULTS: Mapping[str, Mapping[str, str]] = {
    "malformed": {"code": "unknown_parameter", "detail": "there is no parameter of this name", "parameter": "colour"},
    "invalid": {"code": "missing", "detail": "this is required", "pointer": "/name"},
}


def problem_responses(statuses: Iterable[int]) -> Object:
    """References to the responses of these statuses, in their order."""
    return {str(int(status)): reference("responses", _component_name(status)) for status in sorted(statuses)}


def response_components(maximum_body_bytes: int) -> dict[str, Object]:
    """One response for each status in the one table of them."""
    limits = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f" A body may have {maximum_body_bytes:,} bytes."}
    return {
        _component_name(status): {
            "description": " ".join(_sentence(problem) for problem in _problems_of(status)) + limits.get(status, ""),
            "headers": headers(*_OWN_HEADERS.get(status, ())),
            "content": {
                MEDIA_TYPE: {
                    "schema": schema_reference(".Problem"),
                    "examples": {problem.kind: _example(problem) for problem in _problems_of(status)},
                }
            },
        }
        for status in sorted(set(map(HTTPStatus, errors.STATUS.values())))
    }


def problem_schemas() -> dict[str, Object]:
    """The body of every refusal (RFC 9457), and one entry of its `errors`."""
    return {".Problem": _problem_schema(), ".Fault": _fault_schema()}


def _problems_of(status: int) -> list[type[errors.Problem]]:
    return [problem for problem in PROBLEMS if errors.STATUS[problem.kind] == status]


def _component_name(status: int) -> str:
    kind = _problems_of(status)[0].kind
    return "".join(word.capitalize() for word in errors.TITLE[kind].split())


def _sentence(problem: type[errors.Problem]) -> str:
    return (problem.__doc__ or "").split("\n", 1)[0]


def _example(problem: type[errors.Problem]) -> Object:
    value: Object = {
        "type": problem_type(problem.kind),
        "title": errors.TITLE[problem.kind],
        "status": errors.STATUS[problem.kind],
        "detail": _sentence(problem),
        "request_id": "0b9c5d6c7f2e4a1f8d3b6a5c4e2f1a09",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "retryable": problem.retryable,
    }
    if problem.kind in _EXAMPLE_FAULTS:
        value["errors"] = [_EXAMPLE_FAULTS[problem.kind]]
    return {"summary": errors.TITLE[problem.kind], "value": value}


def _problem_schema() -> Object:
    types: JSON = [problem_type(kind) for kind in errors.STATUS]
    properties: dict[str, Object] = {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "What went wrong, as a stable name for machines.",
            "examples": types,
        },
        "title": {"type": "string", "description": "The same in words, the same for every occurrence."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status, once more."},
        "detail": {"type": "string", "description": "What went wrong this time, for a person."},
        "request_id": {"type": "string", "description": "The `X-Request-ID` of this request."},
        "trace_id": {"type": "string", "description": "The trace this request belongs to."},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "errors": {
            "type": "array",
            "items": schema_reference(".Fault"),
            "description": "Everything wrong with the request, all at once.",
        },
    }
    return {
        "type": "object",
        "description": "A refusal or a failure (RFC 9457).",
        "properties": properties,
        "required": [name for name in properties if name != "errors"],
    }


def _fault_schema() -> Object:
    properties: dict[str, Object] = {
        "code": {"type": "string", "description": "A stable word for machines."},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "pointer": {"type": "string", "description": "Where in the body: a JSON pointer (RFC 6901)."},
        "parameter": {"type": "string", "description": "The name of the query or path parameter."},
        "header": {"type": "string", "description": "The name of the header."},
    }
    return {
        "type": "object",
        "description": "One thing wrong with a request, and where: in the body, a parameter or a header.",
        "properties": properties,
        "required": ["code", "detail"],
    }

"""The document as a whole: valid, complete, and with a name of its own for everything."""

from dataclasses import replace
from typing import Any, Literal

import orjson
import pytest
from openapi_spec_validator import validate

from middleware.errors import STATUS
from middleware.inbound.problem_document import problem_type
from server.identity.access import ANYONE
from server.openapi import openapi_document
from server.service import Resource, Route, Service, Upstream
from storage.describe import describe_all
from storage.model import Model
from tests.unit.openapi_service import SERVICE, TYPES, Note, forget


class Problem(Model):
    field_name: Literal["a", "b"] = "a"


class ProblemPatch(Model):
    text: str


def document_of(service: Service, **words: Any) -> dict[str, Any]:
    """The document as a client reads it."""
    types = describe_all([resource.model for resource in service.resources])
    read: dict[str, Any] = orjson.loads(orjson.dumps(openapi_document(service, types, **words)))
    return read


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


GALLERY = document_of(SERVICE)


def test_a_rich_service_s_document_is_valid_openapi_3_1() -> None:
    validate(GALLERY)


def test_an_empty_service_s_document_is_valid_too() -> None:
    validate(document_of(Service(name="empty")))


def test_it_is_the_same_every_time() -> None:
    assert orjson.dumps(openapi_document(SERVICE, TYPES)) == orjson.dumps(openapi_document(SERVICE, TYPES))


def test_every_action_offered_and_every_route_is_an_operation() -> None:
    assert {place: operation["operationId"] for place, operation in operations(GALLERY).items()} == {
        "GET /artists": "list_artists",
        "POST /artists": "create_artist",
        "GET /artists/{artist_id}": "read_artist",
        "PUT /artists/{artist_id}": "replace_artist",
        "PATCH /artists/{artist_id}": "update_artist",
        "DELETE /artists/{artist_id}": "delete_artist",
        "GET /categories": "list_categories",
        "POST /categories": "create_category",
        "GET /categories/{code}": "read_category",
        "PUT /categories/{code}": "replace_category",
        "PATCH /categories/{code}": "update_category",
        "DELETE /categories/{code}": "delete_category",
        "GET /products": "list_products",
        "POST /products": "create_product",
        "GET /products/{id}": "read_product",
        "PUT /products/{id}": "replace_product",
        "PATCH /products/{id}": "update_product",
        "DELETE /products/{id}": "delete_product",
        "GET /notes": "list_notes",
        "POST /notes": "create_note",
        "GET /notes/{id}": "read_note",
        "PUT /notes/{id}": "replace_note",
        "PATCH /notes/{id}": "update_note",
        "DELETE /notes/{id}": "delete_note",
        "GET /admin/public-notes": "list_admin_public_notes",
        "GET /admin/public-notes/{id}": "read_admin_public_notes_note",
        "POST /products/{id}/pay": "pay",
        "GET /reports": "report",
        "DELETE /artists/{artist_id}/pictures/{name}": "forget",
        "GET /products/{id}/picture": "picture",
    }


def test_routes_whose_handlers_share_a_name_are_told_apart() -> None:
    routes = [Route("DELETE", "/a", forget, access=ANYONE), Route("DELETE", "/b/{name}", forget, access=ANYONE)]

    document = document_of(Service(name="twice", routes=routes))

    assert [operation["operationId"] for operation in operations(document).values()] == ["forget", "delete_b_name"]


def test_every_kind_of_problem_is_there_under_its_status() -> None:
    found = {
        example["value"]["type"]: example["value"]["status"]
        for response in GALLERY["components"]["responses"].values()
        for example in response["content"]["application/problem+json"]["examples"].values()
    }

    assert found == {problem_type(kind): status for kind, status in STATUS.items()}


@pytest.mark.parametrize(
    ("place", "statuses"),
    [
        ("GET /products", "200 400 401 403 406 414 421 429 431 500 503 504"),
        ("GET /products/{id}", "200 304 400 401 403 404 406 414 421 429 431 500 503 504"),
        ("POST /products", "201 400 401 403 406 408 409 413 414 415 421 422 429 431 500 503 504"),
        ("PUT /products/{id}", "200 201 400 401 403 404 406 408 409 412 413 414 415 421 422 429 431 500 503 504"),
        ("PATCH /products/{id}", "200 400 401 403 404 406 408 409 412 413 414 415 421 422 429 431 500 503 504"),
        ("DELETE /products/{id}", "204 400 401 403 404 406 409 412 414 421 429 431 500 503 504"),
        ("DELETE /artists/{artist_id}", "204 400 401 403 404 406 409 412 414 421 429 431 500 503 504"),
        ("GET /notes", "200 400 401 403 406 414 421 429 431 500 503 504"),
        ("GET /reports", "200 400 401 403 406 414 421 429 431 500 503 504 default"),
        ("POST /products/{id}/pay", "200 400 401 403 404 406 408 409 413 414 415 421 422 429 431 500 503 504 default"),
        (
            "DELETE /artists/{artist_id}/pictures/{name}",
            "204 400 401 403 404 406 409 414 421 429 431 500 503 504 default",
        ),
    ],
)
def test_an_operation_names_every_status_it_may_answer(place: str, statuses: str) -> None:
    assert sorted(operations(GALLERY)[place]["responses"]) == statuses.split()


def test_only_a_route_of_a_service_with_upstreams_may_answer_502() -> None:
    payments = Upstream("payments", base_url_env="PAYMENTS_URL")
    document = document_of(replace(SERVICE, upstreams=[payments]))

    answers = {place for place, operation in operations(document).items() if "502" in operation["responses"]}

    assert answers == {f"{route.method} {route.path}" for route in SERVICE.routes}


def test_what_is_not_open_to_anyone_needs_credentials_and_says_whose() -> None:
    found = {
        place: (operation.get("security"), operation["x-access"]) for place, operation in operations(GALLERY).items()
    }
    bearer: object = [{"bearer": []}]

    assert {place: found[place] for place in ("GET /products", "POST /products", "GET /notes")} == {
        "GET /products": (None, "anyone"),
        "POST /products": (bearer, "whoever holds the role staff and whoever is signed in"),
        "GET /notes": (bearer, "the record's owner or whoever holds the role staff"),
    }


def test_a_created_record_links_to_what_may_be_done_with_it() -> None:
    assert operations(GALLERY)["POST /artists"]["responses"]["201"]["links"]["update_artist"] == {
        "operationId": "update_artist",
        "parameters": {"artist_id": "$response.body#/artist_id"},
    }


def test_a_resource_nobody_writes_has_no_schemas_for_writing() -> None:
    document = document_of(Service(name="read", resources=[Resource(Note, path="/notes", read=ANYONE)]))

    assert sorted(document["components"]["schemas"]) == [
        "Fault",
        "NoteFieldName",
        "NotePage",
        "NoteView",
        "NotesSortKey",
        "Problem",
    ]


def test_a_team_s_own_names_win_over_ours() -> None:
    resources = [Resource(Problem, path="/problems", access=ANYONE), Resource(ProblemPatch, path="/p", access=ANYONE)]

    document = document_of(Service(name="names", resources=resources))

    validate(document)
    schemas = document["components"]["schemas"]
    assert {name: min(schemas[name]["properties"]) for name in ("Problem", "Problem2")} == {
        "Problem": "created_at",
        "Problem2": "detail",
    }
    assert {name: max(schemas[name]["properties"]) for name in ("ProblemPatch", "ProblemPatch2")} == {
        "ProblemPatch": "version",
        "ProblemPatch2": "field_name",
    }


def test_every_schema_bears_its_own_name_as_its_title() -> None:
    schemas = GALLERY["components"]["schemas"]

    assert {name: schema["title"] for name, schema in schemas.items()} == {name: name for name in schemas}


def test_the_server_s_address_is_told_where_it_is_known() -> None:
    document = document_of(Service(name="placed"), server_url="https://api.example.com/shop")

    assert document["servers"] == [{"url": "https://api.example.com/shop"}]


def test_the_largest_body_is_told() -> None:
    document = document_of(Service(name="small"), maximum_body_bytes=2_000)

    assert "2,000 bytes" in document["components"]["responses"]["TooLarge"]["description"]

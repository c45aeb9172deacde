"""What an operation takes in its query, its path and its headers."""

from typing import Any

import orjson

from server.openapi import openapi_document
from tests.unit.openapi_service import SERVICE, TYPES

GALLERY: dict[str, Any] = orjson.loads(orjson.dumps(openapi_document(SERVICE, TYPES)))


def parameters(path: str, method: str = "get") -> dict[str, dict[str, Any]]:
    """An operation's parameters by name, shared ones looked up."""
    given = GALLERY["paths"][path][method].get("parameters", [])
    shared = GALLERY["components"]["parameters"]
    found = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]
    return {one["name"]: one for one in found}


def test_a_list_takes_its_filters_by_kind_and_the_rest_first() -> None:
    assert list(parameters("/artists")) == [
        *("sort", "limit", "cursor", "fields", "Prefer"),
        *("artist_id", "artist_id[ne]", "artist_id[gt]", "artist_id[gte]", "artist_id[lt]", "artist_id[lte]"),
        *("artist_id[in]", "artist_id[nin]"),
        *("name", "name[ne]", "name[gt]", "name[gte]", "name[lt]", "name[lte]", "name[in]", "name[nin]"),
        *("name[like]", "name[ilike]", "name[contains]"),
    ]


def test_a_closed_set_a_boolean_and_a_list_take_fewer_filters() -> None:
    names = [name for name in parameters("/products") if name.startswith(("colour", "status", "sold", "tags"))]

    assert names == [
        *("tags[contains]", "colour", "colour[ne]", "colour[in]", "colour[nin]"),
        *("status", "status[ne]", "status[in]", "status[nin]", "status[is]"),
        *("sold", "sold[ne]"),
    ]


def test_only_what_the_resource_names_is_filtered_and_sorted_by() -> None:
    names = list(parameters("/admin/public-notes"))

    assert names[:6] == ["limit", "cursor", "fields", "Prefer", "text", "text[ne]"]


def test_several_values_are_one_comma_separated_parameter() -> None:
    assert parameters("/products")["status[in]"] == {
        "name": "status[in]",
        "in": "query",
        "description": (
            "Only records whose `status` is one of these. "
            "Several stand between commas, or the parameter is given several times."
        ),
        "schema": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/ProductStatus"},
            "minItems": 1,
            "maxItems": 100,
        },
        "style": "form",
        "explode": False,
    }


def test_sort_keys_have_names_a_programming_language_can_hold() -> None:
    assert GALLERY["components"]["schemas"]["ArtistsSortKey"] == {
        "title": "ArtistsSortKey",
        "type": "string",
        "enum": ["artist_id", "-artist_id", "name", "-name"],
        "x-enum-varnames": ["artist_id", "artist_id_descending", "name", "name_descending"],
    }


def test_expand_is_there_where_references_are() -> None:
    assert (
        parameters("/products/{id}")["expand"]["schema"]["items"],
        GALLERY["components"]["schemas"]["ProductExpansion"]["enum"],
        "expand" in parameters("/artists/{artist_id}"),
    ) == ({"$ref": "#/components/schemas/ProductExpansion"}, ["artist", "category_record"], False)


def test_conditions_stand_where_they_are_honoured() -> None:
    methods = ("get", "put", "patch", "delete")
    names = {method: parameters("/artists/{artist_id}", method) for method in methods}

    found = {method: [name for name in names[method] if name.startswith("If-")] for method in methods}

    assert found == {
        "get": ["If-None-Match"],
        "put": ["If-Match", "If-None-Match"],
        "patch": ["If-Match"],
        "delete": ["If-Match"],
    }


def test_only_what_may_happen_twice_takes_a_key_to_be_known_by() -> None:
    found = {
        (path, method): "Idempotency-Key" in parameters(path, method)
        for path in ("/artists", "/artists/{artist_id}")
        for method in GALLERY["paths"][path]
        if method != "parameters"
    }

    assert {operation for operation, takes_key in found.items() if takes_key} == {
        ("/artists", "post"),
        ("/artists/{artist_id}", "patch"),
    }


def test_a_path_parameter_that_stands_for_a_key_has_the_key_s_type() -> None:
    path = "/artists/{artist_id}/pictures/{name}"

    found = parameters(path, "delete")

    assert {name: one["schema"]["type"] for name, one in found.items()} == {"artist_id": "integer", "name": "string"}


def test_a_route_s_query_is_its_model_s_fields() -> None:
    assert list(parameters("/reports").values()) == [
        {"name": "since", "in": "query", "required": True, "schema": {"type": "string", "format": "date"}},
        {
            "name": "until",
            "in": "query",
            "required": False,
            "description": "The last day, itself included.",
            "schema": {"type": "string", "format": "date"},
        },
    ]

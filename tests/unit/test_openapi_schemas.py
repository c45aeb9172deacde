"""The schemas: what the wire bears fits them, and what a model refuses does not."""

from datetime import UTC
from decimal import Decimal
from typing import Annotated, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel, Field

from server.identity.access import ANYONE
from server.openapi import openapi_document
from server.service import Resource, Route, Service
from storage.describe import describe_all
from storage.model import Model
from storage.wire import rendered
from tests.unit.openapi_service import SERVICE, TYPES, Colour, Product, Size, pay

GALLERY: dict[str, Any] = orjson.loads(orjson.dumps(openapi_document(SERVICE, TYPES)))
SCHEMAS = GALLERY["components"]["schemas"]
CREATED = {
    "sku": "AB-1",
    "price": "9.90",
    "stock": 1,
    "size": {"width": "1.5"},
    "day": "2026-01-31",
    "at": "2026-01-31T23:59:59Z",
    "artist_id": 7,
}


class Ranged(Model):
    small: Annotated[int, Field(gt=-5, lt=10)]
    wide: Annotated[int, Field(ge=-(10**30), lt=10**30)]
    money: Annotated[Decimal, Field(ge=0, max_digits=5, decimal_places=2)]
    whole: Annotated[Decimal, Field(max_digits=4, decimal_places=0)]


class Basket(BaseModel):
    product: Product
    sizes: list[Size]


def faults(name: str, value: object) -> list[str]:
    """Where a value breaks a schema of the gallery's document."""
    validator = OAS31Validator({**GALLERY, "$ref": f"#/components/schemas/{name}"})
    return sorted({"/".join(map(str, error.absolute_path)) for error in validator.iter_errors(value)})


def schemas_of(*models: type[Model], routes: tuple[Route, ...] = ()) -> dict[str, Any]:
    resources = [Resource(model, path=f"/{model.__name__.lower()}", access=ANYONE) for model in models]
    document: Any = openapi_document(Service(name="some", resources=resources, routes=routes), describe_all(models))
    schemas: dict[str, Any] = orjson.loads(orjson.dumps(document))["components"]["schemas"]
    return schemas


PRODUCTS = st.builds(
    Product,
    sku=st.just("AB-1"),
    price=st.decimals(0, 10**9, places=2),
    discount=st.decimals(-(10**20), 10**20),
    weight=st.none() | st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    at=st.datetimes(timezones=st.just(UTC)),
    day=st.dates(),
    batch=st.none() | st.uuids(),
    colour=st.sampled_from(Colour),
    stock=st.integers(0, 2**63 - 1),
    artist_id=st.integers(-(2**63), 2**63 - 1),
    size=st.builds(Size, width=st.decimals(-(10**9), 10**9, places=3), measured_at=st.none() | st.datetimes()),
)


@given(product=PRODUCTS)
def test_a_record_as_rendered_fits_the_schema_of_its_answer(product: Product) -> None:
    wire = orjson.loads(rendered(product))

    assert (faults("Product", wire), faults("ProductView", wire)) == ([], [])


def test_an_answer_to_fields_and_expand_fits_the_view() -> None:
    artist = {
        "artist_id": 7,
        "name": "Paul",
        "version": 1,
        "created_at": "2026-01-31T23:59:59.000000Z",
        "updated_at": "2026-01-31T23:59:59.000000Z",
    }

    assert faults("ProductPage", {"items": [{"sku": "AB-1", "artist": artist}, {}], "next": None, "total": 2}) == []


def test_a_body_with_all_it_needs_can_be_created_and_one_without_cannot() -> None:
    assert faults("ProductCreate", CREATED) == []
    assert faults("ProductCreate", {**CREATED, "price": 9.9}) == []
    assert faults("ProductCreate", {name: value for name, value in CREATED.items() if name != "sku"}) == [""]


@pytest.mark.parametrize("name", ["id", "version", "created_at", "unheard_of"])
def test_nobody_writes_what_the_service_fills_in(name: str) -> None:
    assert faults("ProductCreate", {**CREATED, name: 1}) == [""]
    assert faults("ProductPatch", {name: 1}) == [""]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", "1e3"),
        ("price", "-1.00"),
        ("price", "1.001"),
        ("stock", -1),
        ("artist_id", 2**63),
        ("colour", "green"),
        ("status", "lost"),
        ("rating", 4),
        ("tags", "red"),
        ("sku", "lower"),
        ("size", {"width": None}),
    ],
)
def test_a_value_its_field_does_not_allow_does_not_fit(name: str, value: object) -> None:
    assert faults("ProductCreate", {**CREATED, name: value}) != []


def test_a_patch_needs_nothing_and_takes_null_only_where_it_may_stand() -> None:
    assert faults("ProductPatch", {}) == []
    assert faults("ProductPatch", {"weight": None, "size": {"height": None}}) == []
    assert faults("ProductPatch", {"price": None, "colour": None}) == ["colour", "price"]


def test_a_key_of_the_model_s_own_is_given_on_create_and_never_changed() -> None:
    names = ("Category", "CategoryCreate", "CategoryReplace", "CategoryPatch")

    properties = {name: sorted(SCHEMAS[name]["properties"]) for name in names}

    assert properties == {
        "Category": ["code", "created_at", "parent_code", "updated_at", "version"],
        "CategoryCreate": ["code", "parent_code"],
        "CategoryPatch": ["parent_code"],
        "CategoryReplace": ["parent_code"],
    }


def test_a_number_s_bounds_are_the_narrower_of_its_own_and_64_bits() -> None:
    properties = schemas_of(Ranged)["Ranged"]["properties"]

    assert (properties["small"], properties["wide"]) == (
        {"format": "int64", "type": "integer", "exclusiveMinimum": -5, "exclusiveMaximum": 10, "examples": [1]},
        {"format": "int64", "type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1, "examples": [1]},
    )


def test_a_decimal_s_pattern_counts_its_digits() -> None:
    properties = schemas_of(Ranged)["Ranged"]["properties"]

    assert (properties["money"]["pattern"], properties["whole"]["pattern"]) == (
        r"^\d{1,3}(\.\d{1,2})?$",
        r"^-?\d{1,4}$",
    )


def test_a_type_sent_and_answered_alike_has_one_schema_and_one_that_differs_has_two() -> None:
    assert [name for name in SCHEMAS if name.startswith(("Address", "Size", "Colour"))] == [
        "Address",
        "Colour",
        "Size",
        "SizeInput",
    ]


def test_a_record_within_a_route_s_type_is_the_record_s_own_schema() -> None:
    route = Route("POST", "/baskets", pay, accepts=Basket, returns=Basket, access=ANYONE)

    schemas = schemas_of(*TYPES, routes=(route,))

    assert (schemas["Basket"]["properties"]["product"], schemas["BasketInput"]["properties"]["product"]) == (
        {"$ref": "#/components/schemas/Product"},
        {"$ref": "#/components/schemas/ProductCreate"},
    )

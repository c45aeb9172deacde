"""Which address a caller who is lost is told of."""

import pytest

from middleware.inbound.admission import Decide, admit_everybody
from middleware.inbound.principal import Principal
from middleware.inbound.signpost import Signposts
from server.identity.access import OWNER, role
from server.identity.decisions import decide_by


def posts(**further: Decide) -> Signposts:
    """Those of a shop; `further` are one word each."""
    templates = ("/", "/products", "/products/{id}", "/order-lines", "/orders/{id}/pay", "/docs", "/openapi.json")
    return Signposts(
        [
            *((template, admit_everybody) for template in templates),
            *((f"/{word}", decide) for word, decide in further.items()),
        ]
    )


def holder_of(role: str) -> Principal:
    return Principal(subject="ada", roles=frozenset({role}), credential_id="k1", credential_kind="api_key")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("/product", "/products"),
        ("/prodcuts", "/products"),
        ("/PRODUCTS", "/products"),
        ("/products/", "/products"),
        ("//products", "/products"),
        ("/product/7", "/products/{id}"),
        ("/order_lines", "/order-lines"),
        ("/order/7/pay", "/orders/{id}/pay"),
        ("/api/v1/products/7", "/products/{id}"),
        ("/doc", "/docs"),
        ("/openapi.jso", "/openapi.json"),
    ],
)
def test_a_slip_of_the_hand_is_told_what_was_meant(asked: str, meant: str) -> None:
    assert posts().nearest(asked, None) == meant


@pytest.mark.parametrize(
    "asked",
    [
        "//",
        "/nothing",
        "/wp-login.php",
        "/products/7/8",
        "/a/b/c/products",
        "/api/product",
        f"/product{'s' * 60}",
        "/products" * 9,
        "/7/8/9",
    ],
)
def test_what_is_like_nothing_is_told_nothing(asked: str) -> None:
    assert posts().nearest(asked, None) == ""


@pytest.mark.parametrize(
    ("principal", "meant"),
    [
        (None, ""),
        (holder_of("buyer"), ""),
        (holder_of("staff"), "/reports"),
    ],
)
def test_an_address_is_named_to_those_it_is_open_to(principal: Principal | None, meant: str) -> None:
    shop = posts(reports=decide_by(role("staff"), area="reports", writes=False))

    assert shop.nearest("/report", principal) == meant


def test_what_is_likest_and_not_open_leaves_what_is_next() -> None:
    shop = posts(productz=decide_by(OWNER, area="productz", writes=False))

    assert shop.nearest("/productz/", None) == "/products"

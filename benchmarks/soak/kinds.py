"""What is asked in a soak, as data: each kind of request, how often, and what it must be answered with."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

CREATE = '{"sku":"NEW-SOAK-{unique}","name":"Copper kettle","price":"39.90","stock":12,"tags":["kitchen","metal"]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Requests that come `per_second` times, one of `paths` after another, each answered with `status`.

    In a path `{key}` is another product's key each time. `token` is what the callers' tokens end with: anything there
    makes them wrong.
    """

    name: str
    per_second: float
    paths: Sequence[str]
    status: int = HTTPStatus.OK.value
    method: str = "GET"
    body: str = ""
    token: str = ""
    closes: bool = False


KINDS = (
    Kind(name="read", per_second=120, paths=["/products/{key}"]),
    Kind(name="cached read", per_second=60, paths=["/cached/products/{key}"]),
    Kind(
        name="list",
        per_second=40,
        paths=[
            "/products",
            "/products?limit=100",
            "/products?price[gte]=100&price[lt]=900&sort=-price",
            "/products?fields=sku,name&limit=5",
            "/cached/products?limit=10",
        ],
    ),
    Kind(name="over a connection of its own", per_second=15, paths=["/ping", "/products/{key}"], closes=True),
    Kind(
        name="what makes no sense",
        per_second=8,
        paths=["/products?color=red", "/products?limit=none"],
        status=HTTPStatus.BAD_REQUEST.value,
    ),
    Kind(
        name="a body that breaks off",
        per_second=4,
        paths=["/products"],
        method="POST",
        body='{"sku":',
        status=HTTPStatus.BAD_REQUEST.value,
    ),
    Kind(
        name="a record that does not fit",
        per_second=4,
        paths=["/products"],
        method="POST",
        body='{"sku":"?","price":-1,"colour":"red"}',
        status=HTTPStatus.UNPROCESSABLE_ENTITY.value,
    ),
    Kind(name="a wrong token", per_second=2, paths=["/ping"], token="wrong", status=HTTPStatus.UNAUTHORIZED.value),  # noqa: S106 - it is wrong
    Kind(
        name="nothing there", per_second=2, paths=["/nothing/{key}", "/products/7"], status=HTTPStatus.NOT_FOUND.value
    ),
)
LIVES_PER_SECOND = 10
"""Products that are created with an Idempotency-Key, changed and removed: three requests each."""

LEAVERS_PER_SECOND = 5
"""Callers who leave in the middle of their request."""

SCRAPE_SECONDS = 10

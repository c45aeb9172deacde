"""What is asked of every contestant, as data: one request form a case, its open places filled by the load generator."""

from dataclasses import dataclass, replace
from http import HTTPStatus

PRODUCTS = 10_000
"""Rows in the table while anything is measured."""

STRIDE = 7_919
"""A prime: steps of this length visit every product before any comes twice."""

PRODUCT_KEY = "00000000-0000-7000-8000-%012x"
"""The key of product 1, 2, …, PRODUCTS, for `%`."""

NEW_SKU = "NEW-"
"""How the SKU of every product made by a benchmark begins, so that they can be removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of request.

    In `path`, `{key}` is another product's key each time; in `body`, `{unique}` is a new word each time.
    What `is_cached` is asked for once before it is measured, so that the answers are those of a cache.
    """

    name: str
    title: str
    path: str
    method: str = "GET"
    body: str = ""
    status: int = HTTPStatus.OK.value
    is_cached: bool = False


_CREATE = Case(
    name="create",
    title="create",
    path="/products",
    method="POST",
    body='{"sku":"'
    + NEW_SKU
    + '{unique}","name":"Copper kettle","price":"39.90","stock":12,"tags":["kitchen","metal"]}',
    status=HTTPStatus.CREATED.value,
)

CASES = (
    Case(name="ping", title="ping", path="/ping"),
    Case(name="read", title="read one", path="/products/{key}"),
    Case(name="list", title="list 20", path="/products"),
    Case(name="cached_read", title="read one, cached", path="/cached/products/{key}", is_cached=True),
    _CREATE,
)

CACHED_LIST = Case(name="cached_list", title="list 20, cached", path="/cached/products")
"""The same products from a resource that is cached, which no other contestant has."""

UNCACHED_CREATE = replace(_CREATE, name="uncached_create", title="create, of what nobody caches", path="/wares")
"""The same create in a table that no cached resource shows, as with every other contestant."""

OURS_ALONE = (CACHED_LIST, UNCACHED_CREATE)
"""What only Mainstay is asked."""


def product_key(number: int) -> str:
    """The key of the product a generator asks for at its `number`-th request, from 0."""
    return PRODUCT_KEY % (number * STRIDE % PRODUCTS + 1)

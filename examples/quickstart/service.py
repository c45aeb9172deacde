"""Products, served: the smallest useful service."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from server import ANYONE, Indexed, Model, Resource, Service, Unique


class Product(Model):
    sku: Annotated[str, Unique(), Field(pattern=r"^[A-Z0-9-]{3,32}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    price: Annotated[Decimal, Indexed(), Field(ge=0, max_digits=12, decimal_places=2)]
    stock: Annotated[int, Field(ge=0)] = 0
    tags: list[str] = []


service = Service(name="quickstart", resources=[Resource(Product, path="/products", access=ANYONE)])

"""Writes the service file of a point: so many resources of so many columns, all alike."""

from benchmarks.growth.axes import Point

_HEAD = '''"""Written by a benchmark."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from server import SIGNED_IN, Indexed, Limit, Model, Resource, Route, Service


class Pong(BaseModel):
    status: str


async def ping(_request: web.Request) -> Pong:
    return Pong(status="ok")

'''
_PLENTY = "Limit(1_000_000)"
NUMBERS = 8
"""So many of the first columns are numbers; after them every second one is."""


def service_file(point: Point) -> str:
    """The file's text."""
    models = [_model(number, point) for number in range(point.resources)]
    resources = "".join(
        f"        Resource(Record{number}, path='/records{number}', access=SIGNED_IN),\n"
        for number in range(point.resources)
    )
    return (
        f"{_HEAD}\n{''.join(models)}\nservice = Service(\n    name='growth',\n    resources=[\n{resources}    ],\n"
        "    routes=[Route('GET', '/ping', ping, returns=Pong, access=SIGNED_IN)],\n"
        f"    read_limit={_PLENTY},\n    write_limit={_PLENTY},\n)\n"
    )


def fill(point: Point) -> str:
    """The statement that makes the rows of the first resource."""
    names = ", ".join(f"c{number}" for number in range(point.columns))
    values = ", ".join("n % 1000" if _is_number(number) else "'value ' || n" for number in range(point.columns))
    return (
        f"INSERT INTO record0 (id, {names}) SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,"  # noqa: S608 - names and numbers of ours
        f" {values} FROM generate_series(1, {point.rows}) AS n"
    )


def _model(number: int, point: Point) -> str:
    columns = "".join(f"    c{place}: {_type(place, point)}\n" for place in range(point.columns))
    return f"\nclass Record{number}(Model):\n{columns}\n"


def _type(place: int, point: Point) -> str:
    kind, bound = ("int", "ge=0") if _is_number(place) else ("str", "max_length=100")
    return f"Annotated[{kind}, {'Indexed(), ' * (place < point.indexed)}Field({bound})]"


def _is_number(place: int) -> bool:
    return place < NUMBERS or place % 2 == 0

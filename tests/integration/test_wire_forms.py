"""One wire form: what Postgres renders is what Python renders, for every kind of value and whatever it is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import make_dsn
from pydantic import BaseModel, Field

from server import ANYONE, Model, Resource, Service
from server.declaration import Declaration, checked
from server.record_store import Store
from server.record_tables import record_tables
from storage.embedded import Endpoints
from storage.listing import Listing, Order
from storage.records import Records
from storage.wire import rendered
from tests.integration.open_pool import open_pool
from tests.integration.rest_client import Client, make_tables
from tests.integration.sql import run_sql
from tests.integration.wire_values import (
    DAYS,
    DOCUMENTS,
    FLOATS,
    INTEGERS,
    MOMENTS,
    OBJECTS,
    TEXTS,
    decimals,
    same,
    scaled,
)

PATIENT = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Measure(BaseModel):
    exact: Decimal
    at: datetime | None = None
    day: date | None = None
    mark: UUID | None = None
    real: float = 0


class Specimen(Model):
    """One of every kind whose text is the same from both sides, byte for byte."""

    text: str | None = None
    whole: int | None = None
    exact: Decimal | None = None
    money: Annotated[Decimal | None, Field(max_digits=12, decimal_places=2)] = None
    wide: Annotated[Decimal | None, Field(max_digits=90, decimal_places=40)] = None
    flag: bool | None = None
    at: datetime | None = None
    day: date | None = None
    mark: UUID | None = None


class Loose(Model):
    """The kinds that mean the same and may be written differently: spaces and order in objects, exponents."""

    real: float | None = None
    texts: list[str] = []
    free: dict[str, Any] = {}
    measure: Measure | None = None
    measures: list[Measure] = []


def specimens() -> Declaration:
    resources = [Resource(Specimen, path="/specimens", access=ANYONE), Resource(Loose, path="/loose", access=ANYONE)]
    return checked(Service(name="museum", resources=resources))


@pytest.fixture(scope="session")
async def museum(embedded: Endpoints, postgres_dsn: str) -> AsyncIterator[dict[type[Model], Records]]:
    await run_sql(postgres_dsn, "CREATE DATABASE museum OWNER mainstay")
    dsn = str(make_dsn(embedded.postgres_dsn, dbname="museum"))
    declaration = specimens()
    await asyncio.to_thread(make_tables, declaration, dsn)
    async with open_pool(dsn) as pool:
        yield {model: Records(table, pool) for model, table in record_tables(declaration.types).items()}


@PATIENT
@given(
    values=st.fixed_dictionaries(
        {
            "text": TEXTS,
            "whole": INTEGERS,
            "exact": decimals(),
            "money": scaled(12, 2),
            "wide": scaled(90, 40),
            "flag": st.booleans(),
            "at": MOMENTS,
            "day": DAYS,
            "mark": st.uuids(),
        }
    )
)
@example(values={"exact": Decimal("-0.00"), "money": Decimal("-0"), "wide": Decimal("-0E-40")})
@example(values={"exact": Decimal("1E+5"), "money": Decimal("1E+3")})
async def test_postgres_and_python_render_the_same_bytes(museum: dict[type[Model], Records], values: Any) -> None:
    record = Specimen(**values)

    stored = await museum[Specimen].create(record)

    system = Specimen.model_validate_json(stored.body)
    python = record.model_copy(update={name: getattr(system, name) for name in ("version", "created_at", "updated_at")})
    assert stored.body == rendered(python)
    assert rendered(system) == stored.body


@PATIENT
@given(
    values=st.fixed_dictionaries(
        {
            "real": FLOATS,
            "texts": st.lists(TEXTS, max_size=5),
            "free": OBJECTS,
            "measure": st.none()
            | st.builds(Measure, exact=decimals(), at=MOMENTS, day=DAYS, mark=st.uuids(), real=FLOATS),
        }
    )
)
async def test_postgres_and_python_render_the_same_values(museum: dict[type[Model], Records], values: Any) -> None:
    record = Loose(**values)

    stored = await museum[Loose].create(record)

    written, read = orjson.loads(rendered(record)), orjson.loads(stored.body)
    own = ("id", "real", "texts", "free", "measure", "measures")
    assert same({name: read[name] for name in own}, {name: written[name] for name in own})
    assert same(orjson.loads(rendered(Loose.model_validate_json(stored.body))), read)


@PATIENT
@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=3))
async def test_a_list_renders_what_a_read_does(museum: dict[type[Model], Records], documents: list[Any]) -> None:
    records = museum[Loose]
    made = [await records.create(Loose(free={"": document})) for document in documents]
    newest = Listing(order=(Order(field=records.table.type.key, descending=True),), limit=len(made))

    page = await records.page(newest)

    assert page.items == b",".join(one.body for one in reversed(made))
    assert [(await records.read(one.key)) for one in made] == made


@PATIENT
@given(
    body=st.fixed_dictionaries(
        {
            "name": TEXTS.filter(bool),
            "count": INTEGERS,
            "price": st.integers(0, 10**12 - 1).map(lambda cents: f"{cents // 100}.{cents % 100:02}"),
            "ratio": decimals().map(lambda number: format(number, "f")),
            "weight": FLOATS,
            "sold": st.booleans(),
            "made_at": MOMENTS.map(lambda moment: moment.isoformat()),
            "day": DAYS.map(lambda day: day.isoformat()),
            "batch": st.uuids().map(str),
            "colour": st.sampled_from(["red", "green", "blue"]),
            "rating": st.sampled_from([1, 2, 3]),
            "tags": st.lists(TEXTS, max_size=4),
            "extra": OBJECTS,
        }
    )
)
async def test_what_is_sent_comes_back_and_can_be_put_back(warehouse: Client, body: dict[str, Any]) -> None:
    made = await warehouse.post("/things", body)
    read_only = ("id", "version", "created_at", "updated_at")
    again = {name: value for name, value in made.json.items() if name not in read_only}

    replaced = await warehouse.send("PUT", made.headers["Location"], json=again)

    assert (made.status, replaced.status) == (201, 200)
    assert same({name: value for name, value in replaced.json.items() if name not in read_only}, again)
    as_sent = ("name", "count", "price", "weight", "sold", "day", "batch", "colour", "rating", "tags", "extra")
    assert same({name: made.json[name] for name in as_sent}, {name: body[name] for name in as_sent})
    assert Decimal(made.json["ratio"]) == Decimal(body["ratio"])


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("0.1", "0.1"),
        ("-12.345", "-12.345"),
        ("123456789012345", "123456789012345"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1e5", "100000"),
        ("2.5e-3", "0.0025"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("1.0", "1.0"),
    ],
)
async def test_a_decimal_may_be_a_number_that_loses_no_digit(warehouse: Client, number: str, stored: str) -> None:
    body = f'{{"name":"one","ratio":{number}}}'.encode()
    reply = await warehouse.send("POST", "/things", body=body, headers={"Content-Type": "application/json"})

    assert (reply.status, Decimal(reply.json["ratio"])) == (201, Decimal(stored))


@pytest.mark.parametrize(
    "number",
    [
        "0.1000000000000000055511151231257827",
        "0.12345678901234567",
        "1e-400",
        "1e-99999999999999999999",
        "12345678901234567.5",
        "-0.30000000000000000000000000000001",
    ],
)
async def test_a_number_that_would_lose_digits_is_refused_for_a_decimal(warehouse: Client, number: str) -> None:
    body = f'{{"name":"one","ratio":{number}}}'.encode()
    reply = await warehouse.send("POST", "/things", body=body, headers={"Content-Type": "application/json"})

    assert (reply.status, reply.faults) == (422, [("/ratio", "decimal_inexact")])
    assert await warehouse.count() == 0


async def test_a_client_with_long_integers_may_put_back_what_it_read(warehouse: Client) -> None:
    made = await warehouse.made("/things", name="one", extra={"huge": 1e300, "large": [-1e19]})
    as_python_reads_it = f'{{"name":"one","extra":{{"huge":1{"0" * 300},"large":[-1{"0" * 19}]}}}}'.encode()

    reply = await warehouse.send(
        "PUT", f"/things/{made['id']}", body=as_python_reads_it, headers={"Content-Type": "application/json"}
    )
    longer = await warehouse.send(
        "PUT",
        f"/things/{made['id']}",
        body=as_python_reads_it.replace(b"00,", b"01,"),
        headers={"Content-Type": "application/json"},
    )

    assert (reply.status, reply.json["extra"]) == (200, made["extra"])
    assert (longer.status, longer.faults) == (422, [("/extra/huge", "integer_out_of_range")])


async def test_the_store_reads_what_it_wrote(museum: dict[type[Model], Records]) -> None:
    records = museum[Specimen]
    store = Store({Specimen: records.table}, records.runner)
    at = datetime.fromisoformat("2026-01-31T23:59:59.5+05:30")

    made = await store.create(Specimen(exact=Decimal("1.10"), money=Decimal(5), at=at))
    found = await store.read(Specimen, made.id)
    listed = await store.list(Specimen, {"id": made.id, "exact": Decimal("1.1"), "at[lte]": at, "text": None})

    assert (made.exact, made.money, made.at, made.version) == (Decimal("1.10"), Decimal("5.00"), at, 1)
    assert (found, listed) == (made, [made])


async def test_the_store_finds_texts_whatever_is_in_them(museum: dict[type[Model], Records]) -> None:
    records = museum[Specimen]
    store = Store({Specimen: records.table}, records.runner)
    texts = ['comma, "quote"', "line\nfeed", "per%cent_", "", "a&b=c+d"]
    made = [await store.create(Specimen(text=text, whole=77)) for text in texts]

    listed = await store.list(Specimen, {"text[in]": texts, "whole": 77}, sort="id")
    one = [await store.list(Specimen, {"text": text, "whole": 77}) for text in texts]

    assert (listed, one) == (made, [[each] for each in made])

"""The store as a handler has it: typed records, alone or within one transaction."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from middleware.errors import Conflict, Invalid, Malformed, NotFound, PreconditionFailed
from server.record_store import TransactionStore
from server.record_tables import record_tables
from tests.integration.open_pool import open_pool
from tests.integration.rest_client import Client
from tests.integration.rest_service import Category, Colour, Maker, Size, Thing, declaration


@pytest.fixture
async def store(warehouse: Client) -> AsyncIterator[TransactionStore]:
    async with open_pool(warehouse.dsn) as pool:
        yield TransactionStore(record_tables(declaration().types), pool)


async def test_a_record_is_created_read_updated_and_deleted(store: TransactionStore) -> None:
    size = Size(width=Decimal("1.50"))
    made = await store.create(Thing(name="one", size=size, colour=Colour.BLUE, extra={"a": [1, {"b": None}]}))

    changed = await store.update(made, price=Decimal(5), size=None, tags=["a"])
    found = await store.read(Thing, made.id)
    await store.delete(found)

    assert (made.version, made.size, made.colour, made.extra) == (1, size, Colour.BLUE, {"a": [1, {"b": None}]})
    assert changed == found
    assert (found.version, found.price, found.size, found.tags) == (2, Decimal("5.00"), None, ["a"])
    with pytest.raises(NotFound):
        await store.read(Thing, made.id)


async def test_a_record_that_somebody_changed_since_is_not_updated(store: TransactionStore) -> None:
    made = await store.create(Thing(name="one"))
    await store.update(made, stock=1)

    with pytest.raises(PreconditionFailed):
        await store.update(made, stock=2)
    assert (await store.read(Thing, made.id)).stock == 1


async def test_an_update_of_nothing_changes_nothing(store: TransactionStore) -> None:
    made = await store.create(Thing(name="one"))

    assert await store.update(made) == made


@pytest.mark.parametrize("changes", [{"id": uuid4()}, {"version": 7}])
async def test_what_mainstay_sets_is_not_updated(store: TransactionStore, changes: dict[str, Any]) -> None:
    made = await store.create(Thing(name="one"))

    with pytest.raises(TypeError, match="cannot be set"):
        await store.update(made, **changes)


async def test_values_the_model_forbids_are_faults(store: TransactionStore) -> None:
    made = await store.create(Thing(name="one"))

    with pytest.raises(Invalid) as caught:
        await store.update(made, stock=-1, name="")

    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [
        ("/name", "string_too_short"),
        ("/stock", "greater_than_equal"),
    ]


async def test_values_no_column_holds_are_faults(store: TransactionStore) -> None:
    with pytest.raises(Invalid) as caught:
        await store.create(Thing(name="a\0b", count=2**63))

    assert [fault.code for fault in caught.value.faults] == ["nul_character", "integer_out_of_range"]


@pytest.mark.parametrize(
    ("model", "key"), [(Thing, "x"), (Maker, "one"), (Maker, 2**63), (Category, "a\0b"), (Thing, uuid4())]
)
async def test_a_key_that_nothing_has_is_not_found(store: TransactionStore, model: Any, key: object) -> None:
    with pytest.raises(NotFound):
        await store.read(model, key)


async def test_records_are_found_by_any_of_their_fields(store: TransactionStore) -> None:
    for place in range(3):
        await store.create(
            Thing(
                name=f"{place}",
                stock=place,
                tags=["a", "b"][:place],
                shelf=None if place else "a",
                day=date(2026, 1, 1 + place),
            )
        )

    async def found(where: dict[str, object], **options: Any) -> list[str]:
        return [thing.name for thing in await store.list(Thing, where, **options)]

    assert await found({"stock[gte]": 1}, sort="-stock") == ["2", "1"]
    assert await found({"shelf": None}, sort="name", limit=1) == ["1"]
    assert await found({"day[in]": [date(2026, 1, 1), date(2026, 1, 3)]}, sort="name") == ["0", "2"]
    assert await found({"colour": Colour.RED, "sold": False, "price[lt]": Decimal("0.01")}, sort="name") == [
        "0",
        "1",
        "2",
    ]
    assert await found({"extra[contains]": {}, "name[in]": []}) == []
    assert await found({"tags": ["b", "a"]}) == await found({"tags[contains]": ["b"]}) == ["2"]
    assert await found({"name[in]": "1,2", "tags": "b"}) == ["2"]
    assert await found({"name[nin]": [], "stock[lt]": 1}) == ["0"]


async def test_a_condition_that_does_not_fit_is_told(store: TransactionStore) -> None:
    with pytest.raises(Malformed) as caught:
        await store.list(Thing, {"nothing": 1, "stock": "x"}, sort="tags,ghost")

    assert [(fault.parameter, fault.code) for fault in caught.value.faults] == [
        ("nothing", "unknown_parameter"),
        ("stock", "int_parsing"),
        ("sort", "unknown_field"),
    ]


async def test_a_transaction_keeps_all_or_nothing(store: TransactionStore) -> None:
    async with store.transaction() as records:
        maker = await records.create(Maker(name="one"))
        thing = await records.create(Thing(name="one", maker_id=maker.maker_id))

    async def half() -> None:
        async with store.transaction() as records:
            await records.update(await records.read(Thing, thing.id, locked=True), stock=5)
            await records.delete(maker)

    with pytest.raises(Conflict):
        await half()
    assert (await store.read(Thing, thing.id)) == thing


async def test_a_record_s_own_rules_hold_when_it_is_made(store: TransactionStore) -> None:
    with pytest.raises(ValidationError):
        Thing(name="")

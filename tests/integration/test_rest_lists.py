"""Lists: filters by kind, sorting, pages, what is shown, totals; each over HTTP and a real Postgres."""

from typing import Any
from urllib.parse import quote

import pytest

from telemetry.events import DependencyCalled
from tests.integration.rest_client import Client
from tests.integration.sql import run_sql

FIRST: dict[str, Any] = {
    "name": "Ärmel_100%",
    "sku": "AB-1",
    "count": -5,
    "price": "9.90",
    "ratio": "0.1000000000000000055511151231257827",
    "weight": 1.5,
    "sold": True,
    "made_at": "2026-01-31T23:59:59.000001Z",
    "day": "2026-01-31",
    "batch": "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a",
    "colour": "green",
    "state": "draft",
    "rating": 1,
    "tags": ["red", "a,b"],
    "extra": {"depth": {"leaf": [1, None]}},
}
SECOND: dict[str, Any] = {
    "name": 'quote " and \\ back',
    "sku": "CD-2",
    "count": 9_223_372_036_854_775_807,
    "price": "10.00",
    "ratio": "-3",
    "weight": -1e300,
    "made_at": "0001-01-01T00:00:00Z",
    "day": "9999-12-31",
    "batch": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "colour": "blue",
    "state": "sold",
    "rating": 2,
    "tags": ["123"],
    "extra": {"a": 1},
}
THIRD: dict[str, Any] = {"name": "plain", "rating": 3}
MATCHES: dict[str, str] = {
    # one letter for each record that meets the condition
    "name=plain": "c",
    "name[eq]=plain": "c",
    "name[ne]=plain": "ab",
    "name[gt]=plain": "ba",
    "name[lte]=plain": "c",
    "name[in]=plain,nobody": "c",
    'name[in]="quote "" and \\ back",plain': "bc",
    "name[nin]=plain": "ab",
    "name[like]=*100%*": "a",
    "name[like]=Ä*": "a",
    "name[like]=_____": "",
    "name[like]=*\\*": "b",
    "name[ilike]=ärmel*": "a",
    "name[ilike]=PLAIN": "c",
    "name[contains]=%": "a",
    "name[contains]=\\": "b",
    "sku[is]=null": "c",
    "sku[is]=notnull": "ab",
    "sku[ne]=AB-1": "bc",
    "sku[nin]=AB-1": "bc",
    "count=-5": "a",
    "count[gte]=9223372036854775807": "b",
    "count[lt]=0": "a",
    "count[in]=0,-5": "ac",
    "price=9.9": "a",
    "price[gte]=9.90": "ab",
    "price[gt]=9.90&price[lt]=10.01": "b",
    "price[in]=0,10": "bc",
    "ratio=0.1000000000000000055511151231257827": "a",
    "ratio=0.1": "",
    "ratio[lt]=0": "b",
    "weight=1.5": "a",
    "weight[lte]=-1e300": "b",
    "sold=true": "a",
    "sold[ne]=true": "bc",
    "made_at=2026-02-01T01:59:59.000001+02:00": "a",
    "made_at[gt]=2026-01-31T23:59:59Z": "a",
    "made_at[lt]=2000-01-01": "b",
    "day=2026-01-31": "a",
    "day[gt]=2026-01-31": "b",
    "batch=0197F3F5-6D2C-7C3A-9F4E-2B8F0F3F1C5A": "a",
    "batch[gt]=0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a": "b",
    "colour=green": "a",
    "colour[in]=green,red": "ac",
    "state[is]=null": "c",
    "state[nin]=draft": "bc",
    "rating=2": "b",
    "rating[ne]=2": "ac",
    "tags=red": "a",
    'tags[contains]=["red","a,b"]': "a",
    'tags[contains]="123"': "b",
    "tags[contains]=123": "",
    'extra[contains]={"a":1}': "b",
    'extra[contains]={"depth":{"leaf":[null]}}': "a",
    "extra={}": "abc",
}


@pytest.fixture
async def shelf(warehouse: Client) -> Client:
    """Three things, known as a, b and c."""
    for thing in (FIRST, SECOND, THIRD):
        await warehouse.made("/things", **thing)
    return warehouse


def names(items: list[Any]) -> list[str]:
    return [item["name"] for item in items]


@pytest.mark.parametrize(("query", "letters"), MATCHES.items())
async def test_a_filter_finds_what_meets_it(shelf: Client, query: str, letters: str) -> None:
    known = dict(zip("abc", names([FIRST, SECOND, THIRD]), strict=True))

    reply = await shelf.get(f"/things?{quoted(query)}")

    assert (reply.status, sorted(names(reply.json["items"]))) == (200, sorted(known[letter] for letter in letters))


def quoted(query: str) -> str:
    """Each value percent-encoded."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(f"{name}={quote(value)}" for name, _, value in pairs)


REFUSED: dict[str, list[tuple[str, str]]] = {
    "nam=x": [("nam", "unknown_parameter")],
    "=x": [("", "unknown_parameter")],
    "stock=1": [("stock", "unknown_parameter")],
    "price[": [("price[", "unknown_parameter")],
    "price[]=1": [("price[]", "unknown_operator")],
    "price]=1": [("price]", "unknown_parameter")],
    "price[gte][x]=1": [("price[gte][x]", "unknown_parameter")],
    "price[GTE]=1": [("price[GTE]", "unknown_operator")],
    "[gte]=1": [("[gte]", "unknown_parameter")],
    "price[like]=1": [("price[like]", "unknown_operator")],
    "sold[gt]=true": [("sold[gt]", "unknown_operator")],
    "tags[eq]=x": [("tags[eq]", "unknown_operator")],
    "colour[gt]=red": [("colour[gt]", "unknown_operator")],
    "price=": [("price", "decimal_parsing")],
    "price=NaN": [("price", "decimal_parsing")],
    "price=Infinity": [("price", "decimal_parsing")],
    "price=1e5": [("price", "decimal_parsing")],
    "price=1_000": [("price", "decimal_parsing")],
    "price=%D9%A1": [("price", "decimal_parsing")],
    f"price={'9' * 1001}": [("price", "decimal_parsing")],
    "count=1.0": [("count", "int_parsing")],
    "count=9223372036854775808": [("count", "int_parsing")],
    "count=-9223372036854775809": [("count", "int_parsing")],
    "count[in]=1,,2": [("count[in]", "int_parsing")],
    "count[in]=": [("count[in]", "int_parsing")],
    f"count[in]={','.join(['1'] * 101)}": [("count[in]", "too_many_values")],
    'name[in]="a': [("name[in]", "quoting_invalid")],
    "weight=nan": [("weight", "float_parsing")],
    "weight=1e400": [("weight", "float_parsing")],
    "weight=inf": [("weight", "float_parsing")],
    "sold=1": [("sold", "bool_parsing")],
    "sold=TRUE": [("sold", "bool_parsing")],
    "made_at=1700000000": [("made_at", "datetime_parsing")],
    "made_at=20260131": [("made_at", "datetime_parsing")],
    "made_at=0001-01-01T00:00:00%2B01:00": [("made_at", "datetime_parsing")],
    "made_at=2026-02-30T00:00:00Z": [("made_at", "datetime_parsing")],
    "day=2026-1-1": [("day", "date_parsing")],
    "day=1700000000": [("day", "date_parsing")],
    "batch=x": [("batch", "uuid_parsing")],
    "colour=purple": [("colour", "unknown_value")],
    "rating=4": [("rating", "unknown_value")],
    "rating=1.0": [("rating", "int_parsing")],
    "sku[is]=maybe": [("sku[is]", "unknown_value")],
    'extra[contains]={"a":"%5Cu0000"}': [("extra[contains]", "nul_character")],
    "name=%00": [("name", "nul_character")],
    "na%00me=x": [("na\0me", "nul_character")],
    "name=%FF": [("name", "invalid_unicode")],
    "%FF=x": [("%FF", "invalid_unicode")],
    f"name={'x' * 2001}": [("name", "string_too_long")],
    "name=a&name=b": [("name", "repeated")],
    "limit=1&limit=2&cursor=a&cursor=b": [("limit", "repeated"), ("cursor", "repeated"), ("cursor", "cursor_mismatch")],
    "sort=price&sort=-price": [("sort", "repeated")],
    'sku[in]="A&sku[in]=B"': [("sku[in]", "quoting_invalid")],
    "limit=0": [("limit", "limit_out_of_range")],
    "limit=201": [("limit", "limit_out_of_range")],
    "limit=": [("limit", "limit_out_of_range")],
    "limit=%2B5": [("limit", "limit_out_of_range")],
    "limit=%D9%A1": [("limit", "limit_out_of_range")],
    "sort=": [("sort", "unknown_field")],
    "sort=,,": [("sort", "unknown_field")] * 3,
    "sort=-": [("sort", "unknown_field")],
    "sort=--price": [("sort", "unknown_field")],
    "sort=stock": [("sort", "unknown_field")],
    "sort=tags": [("sort", "unknown_field")],
    "sort=price,-price": [("sort", "repeated")],
    "sort=name,count,price,ratio,weight,sold,made_at,day,batch": [("sort", "too_many_keys")],
    "fields=": [("fields", "unknown_field")],
    "fields=id,,name": [("fields", "unknown_field")],
    "fields=size.width": [("fields", "unknown_field")],
    "expand=": [("expand", "unknown_field")],
    "expand=maker.products": [("expand", "unknown_field")],
    "expand=maker_id": [("expand", "unknown_field")],
    "cursor=": [("cursor", "cursor_mismatch")],
    "cursor=abc": [("cursor", "cursor_mismatch")],
    f"cursor={'A' * 5000}": [("cursor", "cursor_mismatch")],
    "nam=x&price=y&limit=0&sort=z&fields=q&cursor=c": [
        ("nam", "unknown_parameter"),
        ("price", "decimal_parsing"),
        ("sort", "unknown_field"),
        ("limit", "limit_out_of_range"),
        ("fields", "unknown_field"),
    ],
}


@pytest.mark.parametrize(("query", "faults"), REFUSED.items(), ids=lambda value: str(value)[:60])
async def test_a_query_with_faults_is_told_all_of_them(warehouse: Client, query: str, faults: list[Any]) -> None:
    reply = await warehouse.get(f"/things?{query}")

    assert (reply.status, reply.faults) == (400, faults)
    assert warehouse.events.of(DependencyCalled) == []


async def test_a_list_without_parameters_is_in_the_order_of_its_key(warehouse: Client) -> None:
    made = [await warehouse.made("/makers", name=f"maker {place}") for place in range(25)]

    reply = await warehouse.get("/makers")

    assert (reply.status, reply.json["items"], reply.headers["Content-Type"]) == (200, made[:20], "application/json")
    assert list(reply.json) == ["items", "next"]


async def test_an_empty_list_is_a_page_too(warehouse: Client) -> None:
    reply = await warehouse.get("/makers")

    assert (reply.status, reply.body, reply.next) == (200, b'{"items":[],"next":null}', None)


async def test_the_link_leads_to_the_end(warehouse: Client) -> None:
    made = [await warehouse.made("/makers", name=f"maker {place}", country="CH & co/é") for place in range(7)]

    pages = await warehouse.pages("/makers?limit=3&country=CH+%26%20co%2F%C3%A9&fields=name&sort=-name")

    wanted = [{"name": maker["name"]} for maker in reversed(made)]
    assert pages == [wanted[:3], wanted[3:6], wanted[6:]]


async def test_the_last_page_has_no_next_even_when_it_is_full(warehouse: Client) -> None:
    made = [await warehouse.made("/makers", name=f"maker {place}") for place in range(4)]

    assert await warehouse.pages("/makers?limit=2") == [made[:2], made[2:]]


async def test_next_is_the_cursor_of_the_link(warehouse: Client) -> None:
    for place in range(3):
        await warehouse.made("/makers", name=f"maker {place}")

    reply = await warehouse.get("/makers?limit=2")

    assert reply.next == f"/makers?limit=2&cursor={reply.json['next']}"


async def test_nulls_come_last_upwards_and_first_downwards(warehouse: Client) -> None:
    for place, country in enumerate(["b", None, "a", None]):
        await warehouse.made("/makers", name=f"{place}", country=country)

    up = await warehouse.get("/makers?sort=country,-name")
    down = await warehouse.get("/makers?sort=-country,name")

    assert names(up.json["items"]) == ["2", "0", "3", "1"]
    assert names(down.json["items"]) == ["1", "3", "0", "2"]


async def test_a_cursor_is_bound_to_its_sort_and_its_list(warehouse: Client) -> None:
    for place in range(3):
        await warehouse.made("/things", name=f"{place}", price=place)
    cursor = (await warehouse.get("/things?limit=1&sort=price")).json["next"]

    elsewhere = [
        await warehouse.get(f"/things?limit=1&sort=-price&cursor={cursor}"),
        await warehouse.get(f"/things?limit=1&cursor={cursor}"),
        await warehouse.get(f"/public/things?limit=1&sort=price&cursor={cursor}"),
    ]

    assert [(reply.status, reply.faults) for reply in elsewhere] == [(400, [("cursor", "cursor_mismatch")])] * 3
    assert (await warehouse.get(f"/things?limit=2&sort=price&cursor={cursor}")).status == 200


async def test_a_total_is_counted_where_it_is_preferred(warehouse: Client) -> None:
    for place in range(5):
        await warehouse.made("/makers", name=f"{place}", country="CH" if place < 3 else None)

    reply = await warehouse.get("/makers?limit=1&country=CH", Prefer="respond-async, count=exact")

    assert (reply.json["total"], len(reply.json["items"]), reply.headers["Preference-Applied"]) == (3, 1, "count=exact")
    assert reply.headers["Vary"] == "Accept, Prefer"


@pytest.mark.parametrize("preference", ["count=estimated", "count", "handling=strict", ""])
async def test_a_preference_nobody_knows_is_passed_over(warehouse: Client, preference: str) -> None:
    reply = await warehouse.get("/makers", Prefer=preference)

    assert (reply.status, "total" in reply.json, "Preference-Applied" in reply.headers) == (200, False, False)


async def test_only_the_fields_asked_for_are_shown_in_their_own_order(warehouse: Client) -> None:
    await warehouse.made("/makers", name="one", country="CH")

    reply = await warehouse.get("/makers?fields=country,maker_id,country")

    assert reply.body == b'{"items":[{"maker_id":1,"country":"CH"}],"next":null}'


async def test_a_reference_is_expanded_without_another_query(warehouse: Client) -> None:
    maker = await warehouse.made("/makers", name="one")
    category = await warehouse.made("/categories", code="a/b", title="A")
    for place in range(3):
        await warehouse.made("/things", name=f"{place}", maker_id=maker["maker_id"], category_code=category["code"])
    await warehouse.made("/things", name="orphan")
    warehouse.events.forget()

    reply = await warehouse.get("/things?expand=category,maker&fields=name&sort=name")

    wanted = [{"name": f"{place}", "maker": maker, "category": category} for place in range(3)]
    assert reply.json["items"] == [*wanted, {"name": "orphan", "maker": None, "category": None}]
    assert [called.operation for called in warehouse.events.of(DependencyCalled)] == ["list"]


async def test_a_record_refers_to_one_of_its_own_kind(warehouse: Client) -> None:
    root = await warehouse.made("/categories", code="root")
    leaf = await warehouse.made("/categories", code="leaf", parent_code="root")

    reply = await warehouse.get("/categories?expand=parent&code=leaf")

    assert reply.json["items"] == [{**leaf, "parent": root}]


async def test_names_that_the_statements_use_themselves_are_fields_like_others(warehouse: Client) -> None:
    first = await warehouse.made("/rows", r="one")
    second = await warehouse.made("/rows", r="two", order=1, s_id=first["id"])

    reply = await warehouse.get("/rows?sort=-order&expand=j_s&r[gte]=a")

    assert reply.json["items"] == [{**second, "j_s": first}, {**first, "j_s": None}]


async def test_only_what_a_resource_offers_is_filtered_and_sorted_by(warehouse: Client) -> None:
    reply = await warehouse.get("/public/things?name=x&sort=name&price=1")

    assert reply.faults == [("name", "unknown_parameter"), ("sort", "unknown_field")]


async def test_a_mistyped_parameter_is_told_the_right_one(warehouse: Client) -> None:
    reply = await warehouse.get("/things?colur=red")

    assert reply.json["errors"][0]["detail"] == "no such parameter; did you mean colour?"


async def test_a_list_that_is_not_cached_is_asked_about_each_time(warehouse: Client) -> None:
    reply = await warehouse.get("/things")

    assert reply.headers["Cache-Control"] == "public, no-cache"


async def test_200_filters_are_too_many(warehouse: Client) -> None:
    reply = await warehouse.get("/things?" + "&".join(f"name{place}=1" for place in range(200)))

    faults = [("name64", "too_many_parameters"), ("name32", "too_many_filters")]
    assert (reply.status, reply.faults) == (400, faults)


@pytest.mark.parametrize("limit", [1, 19, 20, 21, 50, 51, 199, 200])
async def test_a_page_is_as_long_as_asked_for(warehouse: Client, limit: int) -> None:
    await run_sql(warehouse.dsn, "INSERT INTO maker (name) SELECT 'maker ' || place FROM generate_series(1, 205) place")

    pages = await warehouse.pages(f"/makers?limit={limit}&fields=maker_id")

    assert [len(page) for page in pages] == [limit] * (205 // limit) + [205 % limit] * bool(205 % limit)
    assert [maker["maker_id"] for page in pages for maker in page] == list(range(1, 206))


async def test_lists_given_piece_by_piece_are_lists_and_their_next_page_too(warehouse: Client) -> None:
    for name in ("a", "b,c", "d", "e"):
        await warehouse.made("/makers", name=name)

    pages = await warehouse.pages("/makers?name[in]=a&name[in]=%22b,c%22,d&fields=name&fields=version&limit=2")

    named = [[maker["name"] for maker in page] for page in pages]
    assert (named, set(pages[0][0])) == ([["a", "b,c"], ["d"]], {"name", "version"})

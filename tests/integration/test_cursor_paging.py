"""Whatever is inserted and deleted between pages: no row that stood all along is missed or doubled."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.rest_client import Client

PATIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
UUIDS = ("0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a", "ffffffff-ffff-ffff-ffff-ffffffffffff")
FEW: dict[str, tuple[Any, ...]] = {
    # few values of each kind, so that many rows tie; null wherever it may be
    "name": ("a", "B", "é", "a b", "\u2028,\"'\\"),
    "count": (-1, 0, 2**63 - 1),
    "price": ("0", "1.50", "9999999999.99"),
    "ratio": (None, "0.1", "0.10", "-3", "1" * 60 + "." + "1" * 60),
    "weight": (None, -1.5, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1),
    "sold": (True, False),
    "made_at": (None, "0001-01-01T00:00:00Z", "2026-01-31T23:59:59.000001Z", "9999-12-31T23:59:59.999999Z"),
    "day": (None, "0001-01-01", "9999-12-31"),
    "batch": (None, *UUIDS),
    "colour": ("red", "green"),
    "state": (None, "draft", "sold"),
    "rating": (1, 2, 3),
}
ROWS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FEW.items()})
KEYS = st.tuples(st.sampled_from(["", "-"]), st.sampled_from([*FEW, "id"])).map("".join)
SORTS = st.lists(KEYS, max_size=5, unique_by=lambda key: key.removeprefix("-"))
CHANGES = st.lists(
    st.one_of(
        ROWS.map(lambda row: ("insert", row)),
        st.tuples(st.just("delete"), st.integers(0, 50)),
        st.just(("delete the last seen", None)),
    ),
    max_size=3,
)


class Walk:
    """One walk through all pages while others change the table."""

    def __init__(self, call: Client, sort: list[str], *, limit: int) -> None:
        self.call = call
        self.path = f"/things?limit={limit}" + (f"&sort={','.join(sort)}" if sort else "")
        self.standing: set[str] = set()
        self.there: list[str] = []
        self.seen: list[str] = []

    async def fill(self, rows: list[dict[str, Any]]) -> None:
        self.there = [(await self.call.made("/things", **row))["id"] for row in rows]
        self.standing = set(self.there)

    async def change(self, what: str, given: Any) -> None:
        """Insert a row, delete some row, or delete the very one the cursor stands on."""
        if what == "insert":
            self.there.append((await self.call.made("/things", **given))["id"])
            return
        gone = self.seen[-1] if given is None else self.there[given % len(self.there)] if self.there else ""
        if gone in self.there:
            self.there.remove(gone)
            self.standing.discard(gone)
            assert (await self.call.send("DELETE", f"/things/{gone}")).status == 204

    async def go(self, changes: list[Any]) -> None:
        """Read page after page; after each page comes the next list of changes."""
        following: str | None = self.path
        turns = iter(changes)
        while following is not None:
            reply = await self.call.get(following)
            assert reply.status == 200, reply.body
            self.seen += [item["id"] for item in reply.json["items"]]
            following = reply.next
            for what, told in next(turns, []) if following else []:
                await self.change(what, told)

    async def whole(self) -> list[str]:
        """The order as one page has it."""
        reply = await self.call.get(self.path.replace(self.path[len("/things?") :].split("&")[0], "limit=200"))
        return [item["id"] for item in reply.json["items"]]


@PATIENT
@given(
    rows=st.lists(ROWS, max_size=25),
    sort=SORTS,
    limit=st.integers(1, 7),
    changes=st.lists(CHANGES, max_size=12),
)
async def test_no_row_that_stood_all_along_is_missed_or_doubled(
    warehouse: Client, rows: list[Any], sort: list[str], limit: int, changes: list[Any]
) -> None:
    await warehouse.empty()
    walk = Walk(warehouse, sort, limit=limit)
    await walk.fill(rows)

    await walk.go(changes)

    assert len(set(walk.seen)) == len(walk.seen)
    assert [one for one in walk.seen if one in walk.standing] == [
        one for one in await walk.whole() if one in walk.standing
    ]


@PATIENT
@given(
    names=st.lists(st.sampled_from([None, "a", "b"]), max_size=12),
    sort=st.sampled_from(["country", "-country", "country,-maker_id", "-country,name", "name", "-maker_id"]),
    limit=st.integers(1, 5),
)
async def test_pages_of_numbered_records_hold_each_once(
    warehouse: Client, names: list[Any], sort: str, limit: int
) -> None:
    await warehouse.empty()
    made = [await warehouse.made("/makers", name=f"{place}", country=name) for place, name in enumerate(names)]

    pages = await warehouse.pages(f"/makers?sort={sort}&limit={limit}")

    assert sorted((maker for page in pages for maker in page), key=lambda maker: int(maker["maker_id"])) == made
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)


async def test_a_cursor_stays_good_when_its_row_is_deleted_or_changed(warehouse: Client) -> None:
    made = [await warehouse.made("/makers", name=f"{place}") for place in range(4)]
    first = await warehouse.get("/makers?sort=-name&limit=2")

    await warehouse.send("DELETE", f"/makers/{made[2]['maker_id']}")
    await warehouse.send("PATCH", f"/makers/{made[3]['maker_id']}", json={"country": "CH"})
    second = await warehouse.get(str(first.next))

    assert second.json == {"items": [made[1], made[0]], "next": None}

"""What grows, as data: each axis has points, and each point says what is served and how it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

READ = "/records0/{key}"
LIST = "/records0"
ROWS = 10_000
COLUMNS = 8
TOKENS_IN_TURN = 40_000
"""Four times as many as Mainstay remembers of any kind of caller: in turn, each is one that it has forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One place on an axis: `value` is the number that grows, the rest what is served there and by whom it is asked.

    Every connection asks again once it is answered (eight are as many as Mainstay never refuses); with a
    rate (a second), they take turns and together come that often.
    """

    value: int
    rows: int = ROWS
    columns: int = COLUMNS
    resources: int = 1
    indexed: int = 0
    """How many of the columns, from the first on, have an index."""
    cases: dict[str, str] = field(default_factory=lambda: {"read one": READ, "list": LIST})
    """The path of each, by its name."""
    connections: int = 8
    rate: int = 0
    tokens: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What grows, in a word for the command line and in words for people."""

    name: str
    title: str
    points: Sequence[Point]
    shares_server: bool = False
    """Whether one server serves all points, as only what is asked differs."""
    measures_start: bool = False


def _filtered(filters: int) -> str:
    return LIST + "?" * bool(filters) + "&".join(f"c{number}[gte]=0" for number in range(filters))


AXES = (
    Axis(
        name="rows",
        title="rows in the table",
        points=[Point(value=rows, rows=rows) for rows in (100, 10_000, 1_000_000)],
    ),
    Axis(
        name="columns",
        title="columns of the resource",
        points=[Point(value=columns, columns=columns) for columns in (5, 20, 100)],
    ),
    Axis(
        name="page",
        title="records on a page",
        points=[Point(value=size, cases={"list": f"{LIST}?limit={size}"}) for size in (1, 10, 100, 200)],
        shares_server=True,
    ),
    Axis(
        name="filters",
        title="filters of the list",
        points=[Point(value=filters, indexed=8, cases={"list": _filtered(filters)}) for filters in (0, 1, 2, 4, 8)],
        shares_server=True,
    ),
    Axis(
        name="resources",
        title="resources declared",
        points=[Point(value=resources, resources=resources) for resources in (1, 50, 500)],
        measures_start=True,
    ),
    Axis(
        name="connections",
        title="connections, 1,000 requests/s",
        points=[
            Point(value=number, connections=number, rate=1_000, cases={"read one": READ})
            for number in (1, 48, 500, 4_000)
        ],
        shares_server=True,
    ),
    Axis(
        name="callers",
        title="callers, who ask in turn",
        points=[
            *(Point(value=callers, tokens=callers) for callers in (1, 1_000)),
            replace(Point(value=1_000_000), tokens=TOKENS_IN_TURN),
        ],
    ),
)

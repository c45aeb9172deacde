"""What the API accepts the database never refuses: each limit means the same to pydantic and to Postgres."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, create_model
from sqlalchemy import CheckConstraint

from storage.describe import describe_all
from storage.migrations.session import Session, connected
from storage.model import Model
from storage.tables.regex_subset import means_the_same
from storage.tables.schema import tables
from storage.tables.sql_text import condition_of

SMALL = st.integers(-20, 20)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6) | st.text(
    "aB1- \n", max_size=5
)
DECIMALS = st.decimals(-100, 100, places=2) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20
)
PATTERNS = (
    st.lists(
        st.sampled_from(
            [
                "a",
                "B",
                "1",
                "-",
                "[a-z]",
                "[^a]",
                "[A-Z0-9-]",
                "(a|B)",
                "(?:1|-)+",
                "^",
                "$",
                "*",
                "+",
                "?",
                "{1,2}",
                "|",
                r"\.",
                " ",
            ]
        ),
        min_size=1,
        max_size=5,
    )
    .map("".join)
    .filter(means_the_same)
)
CASES = st.one_of(
    st.tuples(
        st.just(int),
        st.fixed_dictionaries(
            {}, optional={"ge": SMALL, "gt": SMALL, "le": SMALL, "lt": SMALL, "multiple_of": st.integers(1, 9)}
        ),
        SMALL,
    ),
    st.tuples(
        st.just(Decimal),
        st.fixed_dictionaries(
            {}, optional={"ge": DECIMALS, "lt": DECIMALS, "multiple_of": st.sampled_from([Decimal("0.05"), Decimal(3)])}
        ),
        DECIMALS,
    ),
    st.tuples(
        st.just(float),
        st.fixed_dictionaries({}, optional={"gt": st.floats(-1e6, 1e6), "le": st.floats(-1e6, 1e6)}),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    st.tuples(
        st.just(str),
        st.fixed_dictionaries(
            {}, optional={"min_length": st.integers(0, 4), "max_length": st.integers(0, 4), "pattern": PATTERNS}
        ),
        TEXTS,
    ),
    st.tuples(
        st.just(list[int]),
        st.fixed_dictionaries({}, optional={"min_length": st.integers(0, 3), "max_length": st.integers(0, 3)}),
        st.lists(SMALL, max_size=4),
    ),
    st.tuples(st.just(date), st.fixed_dictionaries({}, optional={"ge": st.dates(), "lt": st.dates()}), st.dates()),
    st.tuples(
        st.just(datetime),
        st.fixed_dictionaries(
            {}, optional={"ge": st.datetimes(timezones=st.just(UTC)), "lt": st.datetimes(timezones=st.just(UTC))}
        ),
        st.datetimes(timezones=st.just(UTC)),
    ),
)


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    with connected(database) as opened:
        yield opened


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASES)
def test_pydantic_and_postgres_agree(session: Session, case: tuple[Any, dict[str, Any], Any]) -> None:
    kind, limits, value = case
    annotation: Any = Annotated[kind, Field(**limits)]

    assert held(session, annotation, value) == accepted(annotation, value)


def accepted(annotation: Any, value: object) -> bool:
    candidate: type[BaseModel] = create_model("Candidate", value=(annotation, ...))
    try:
        candidate.model_validate({"value": value}, strict=True)
    except ValidationError:
        return False
    return True


def held(session: Session, annotation: Any, value: object) -> bool:
    members = {"__annotations__": {"value": annotation}, "__module__": __name__}
    model = type("Thing", (Model,), members)
    table = tables(describe_all([model])).tables["thing"]
    conditions = [condition_of(item) for item in table.constraints if isinstance(item, CheckConstraint)]
    stored = json.dumps(value) if isinstance(value, list) else value
    kind = table.columns["value"].type.compile()
    judged = " AND ".join(conditions).replace("%", "%%") or "true"
    return bool(session.value(f"SELECT {judged} FROM (SELECT %s::{kind} AS value) AS thing", (stored,)))  # noqa: S608 - of a test

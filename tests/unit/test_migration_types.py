"""Which changes of type keep every value."""

import pytest

from storage.migrations.type_changes import converted, keeps_values, rewrites_table


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("BIGINT", "TEXT"),
        ("JSONB", "TEXT"),
        ("BIGINT", "NUMERIC"),
        ("BIGINT", "NUMERIC(19, 0)"),
        ("INTEGER", "BIGINT"),
        ("NUMERIC(12, 2)", "NUMERIC"),
        ("NUMERIC(12, 2)", "NUMERIC(14, 2)"),
        ("NUMERIC(12, 2)", "NUMERIC(13, 3)"),
        ("DATE", "TIMESTAMP WITH TIME ZONE"),
        ("VARCHAR(20)", "TEXT"),
    ],
)
def test_a_wider_type_keeps_every_value(old: str, new: str) -> None:
    assert keeps_values(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("TEXT", "BIGINT"),
        ("NUMERIC", "BIGINT"),
        ("NUMERIC", "NUMERIC(12, 2)"),
        ("NUMERIC(12, 2)", "NUMERIC(12, 3)"),
        ("NUMERIC(12, 2)", "NUMERIC(11, 2)"),
        ("NUMERIC(12, 2)", "NUMERIC(13, 1)"),
        ("BIGINT", "NUMERIC(18, 0)"),
        ("BIGINT", "DOUBLE PRECISION"),
        ("NUMERIC", "DOUBLE PRECISION"),
        ("TIMESTAMP WITH TIME ZONE", "DATE"),
        ("TEXT", "UUID"),
        ("BOOLEAN", "BIGINT"),
    ],
)
def test_any_other_may_lose_some(old: str, new: str) -> None:
    assert not keeps_values(old, new)


def test_only_more_digits_before_the_point_leave_the_table_as_it_is() -> None:
    assert not rewrites_table("NUMERIC(12, 2)", "NUMERIC(14, 2)")
    assert not rewrites_table("NUMERIC(12, 2)", "NUMERIC")
    assert rewrites_table("NUMERIC(12, 2)", "NUMERIC(14, 3)")
    assert rewrites_table("BIGINT", "NUMERIC")


def test_values_go_by_way_of_text_where_there_is_no_cast() -> None:
    assert converted("price", old="NUMERIC", new="BIGINT") == "price::BIGINT"
    assert converted("price", old="TEXT", new="BIGINT") == "price::text::BIGINT"
    assert converted("born", old="DATE", new="TIMESTAMP WITH TIME ZONE") == "born::TIMESTAMP WITH TIME ZONE"

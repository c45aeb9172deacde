"""Statements: compiled once, with the parameters' types and order."""

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Enum,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import ClauseElement

from storage.postgres.array_text import Scalar, array_text
from storage.postgres.statement import Statement, compiled, of_several, statement

THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String(20)),
    Column("price", Numeric(12, 2)),
    Column("weight", Double),
    Column("stock", BigInteger),
    Column("sold", Boolean),
    Column("made_at", DateTime(timezone=True)),
    Column("extra", JSONB),
    Column("colour", Enum("red", "blue", name="colour")),
    Column("size", Enum("s", "m", name="size", native_enum=False)),
)


def flat(sql: str) -> str:
    return " ".join(sql.split())


def test_an_open_value_is_a_parameter_with_its_column_s_type() -> None:
    made = compiled(select(THING.c.name).where(THING.c.id == bindparam("key")))

    assert (flat(made.sql), made.types, made.parameters) == (
        "SELECT thing.name FROM thing WHERE thing.id = $1::UUID",
        ("uuid",),
        ("key",),
    )


def test_a_name_used_twice_is_one_parameter() -> None:
    low = or_(THING.c.stock < bindparam("n", type_=BigInteger), THING.c.stock == bindparam("n", type_=BigInteger))

    made = compiled(select(THING.c.name).where(low))

    assert (flat(made.sql), made.parameters) == (
        "SELECT thing.name FROM thing WHERE thing.stock < $1 OR thing.stock = $1",
        ("n",),
    )


def test_values_known_now_are_part_of_the_sql() -> None:
    query = select(THING.c.id).where(THING.c.name.like("50%'"), THING.c.stock % 2 == 1, THING.c.stock.in_([1, 2]))

    made = compiled(query.limit(20))

    assert flat(made.sql).split(" WHERE ")[1] == (
        "thing.name LIKE '50%''' AND thing.stock % 2 = 1 AND thing.stock IN (1, 2) LIMIT 20"
    )
    assert made.parameters == ()


def test_types_carry_no_length_or_precision_that_would_cut_a_value() -> None:
    assert dict(zip(*reversed(parameters_of(compiled(THING.insert()))), strict=True)) == {
        "id": "uuid",
        "name": "text",
        "price": "numeric",
        "weight": "double precision",
        "stock": "bigint",
        "sold": "boolean",
        "made_at": "timestamp with time zone",
        "extra": "jsonb",
        "colour": "colour",
        "size": "text",
    }


def parameters_of(made: Statement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return made.types, made.parameters


def test_an_array_s_type_names_its_elements() -> None:
    made = compiled(select(THING.c.name).where(THING.c.name == any_(bindparam("names", type_=ARRAY(String(20))))))

    assert made.types == ("text[]",)


def test_a_parameter_without_a_type_is_left_to_postgres() -> None:
    assert compiled(text("SELECT length(:word)")).types == ("unknown",)


def test_an_in_list_left_open_is_refused() -> None:
    with pytest.raises(TypeError, match="names: an IN list has no fixed statement"):
        compiled(select(THING.c.id).where(THING.c.name.in_(bindparam("names", expanding=True))))


@pytest.mark.parametrize(
    ("query", "writes"),
    [
        (select(THING), False),
        (select(func.json_agg(text("x")), text("1")), False),
        (THING.insert(), True),
        (THING.delete().where(THING.c.id == bindparam("k")), True),
        (select(THING.insert().returning(THING.c.id).cte("made").c.id), True),
        (text("SELECT 1"), True),
    ],
)
def test_whether_a_query_writes_is_seen_from_it(query: ClauseElement, writes: bool) -> None:
    assert compiled(query).writes is writes


def test_what_cannot_be_seen_can_be_said() -> None:
    assert compiled(select(func.charge_card()), writes=True).writes
    assert not compiled(text("SELECT 1"), writes=False).writes


def test_the_same_query_has_the_same_name_and_another_another() -> None:
    names = [compiled(select(THING.c.name).limit(limit)).name for limit in (1, 1, 2)]

    assert names[0] == names[1] != names[2]
    assert len(names[0]) < 64


def test_other_types_make_another_statement() -> None:
    assert statement("SELECT $1", types={"a": "text"}).name != statement("SELECT $1", types={"a": "uuid"}).name


def test_a_statement_knows_how_it_is_prepared_and_invoked() -> None:
    made = statement("SELECT $1, $2", types={"a": "text", "b": "bigint"})

    assert (made.preparation, made.invocation) == (
        f"PREPARE {made.name} (text, bigint) AS SELECT $1, $2",
        f"EXECUTE {made.name}",
    )
    assert made.invoked_with(["it's 50 %", 7]) == f"EXECUTE {made.name} ('it''s 50 %', 7)"


def test_a_statement_without_parameters_has_no_parentheses() -> None:
    made = statement("SELECT 1", types={})

    assert (made.preparation, made.invocation) == (f"PREPARE {made.name} AS SELECT 1", f"EXECUTE {made.name}")
    assert made.invoked_with([]) == made.invocation


def test_values_are_bound_in_the_parameters_order() -> None:
    made = statement("SELECT $1, $2, $3", types={"b": "bigint", "a": "text", "c": "boolean"})

    assert made.bind({"a": "x", "b": 1, "c": None, "unused": 5}) == (1, "x", None)


def test_a_missing_value_is_a_bug() -> None:
    with pytest.raises(KeyError, match="b"):
        statement("SELECT $1", types={"b": "text"}).bind({"a": 1})


def test_a_sequence_is_bound_as_an_array_s_text() -> None:
    made = statement("SELECT $1", types={"a": "uuid[]"})

    assert made.bind({"a": ["x", "y"]}) == ('{"x","y"}',)


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([], "{}"),
        ([1, -2], "{1,-2}"),
        ([1.5], "{1.5}"),
        ([True, False, None], "{t,f,NULL}"),
        (
            ["a", 'say "hi"', "back\\slash", "NULL", "", "{a,b}"],
            '{"a","say \\"hi\\"","back\\\\slash","NULL","","{a,b}"}',
        ),
    ],
)
def test_an_array_is_written_so_that_postgres_reads_it_back(values: list[Scalar], written: str) -> None:
    assert array_text(values) == written


def test_a_statement_for_several_is_that_for_one_for_each_of_them() -> None:
    one = statement("SELECT name FROM thing WHERE id = $1::UUID", types={"id": "uuid"}, writes=False)

    several = of_several(one)

    assert several.sql == (
        "SELECT _asked.place, _found.* FROM unnest((SELECT $1)) WITH ORDINALITY AS _asked (key, place),"
        " LATERAL (SELECT name FROM thing WHERE id = _asked.key::UUID) AS _found"
    )
    assert (several.types, several.parameters, several.writes) == (("uuid[]",), ("id",), False)

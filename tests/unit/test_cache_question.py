"""What decides under which name an answer is kept: all that Postgres is asked, and nothing else."""

from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, insert, select

from storage.cache.question import Questions
from storage.listing import WHOLE, Shape
from storage.postgres.statement import compiled, statement
from storage.record_type import RecordType
from storage.records import RecordTable
from storage.tables.schema import tables
from tests.integration.cached_service import DECLARATION, Maker, Thing

NOTES = Table("notes", MetaData(), Column("id", Integer, primary_key=True), Column("owner", Text), Column("text", Text))
OF_AN_OWNER = compiled(select(NOTES.c.text).where(NOTES.c.owner == bindparam("owner", type_=Text())))
QUESTIONS = Questions(b"secret of a service")


def record_table(model: type[Thing] | type[Maker]) -> RecordTable:
    types: dict[str, RecordType] = {one.name: one for one in DECLARATION.types.values()}
    return RecordTable(DECLARATION.types[model], types=types, metadata=tables(DECLARATION.types))


def test_callers_share_an_answer_only_where_they_ask_the_same_of_the_same_rows() -> None:
    mine, yours = QUESTIONS.of(OF_AN_OWNER, ("me",)), QUESTIONS.of(OF_AN_OWNER, ("you",))
    all_of_them = QUESTIONS.of(compiled(select(NOTES.c.text)), ())

    assert mine == QUESTIONS.of(OF_AN_OWNER, ("me",))
    assert len({question.keys[0] for question in (mine, yours, all_of_them)}) == 3


def test_values_are_told_apart_by_their_kind() -> None:
    values = [("1",), (1,), (None,), ("None",), ("1", "2"), ("1, 2",)]

    assert len({QUESTIONS.of(OF_AN_OWNER, value).keys for value in values}) == len(values)


def test_services_over_one_redis_share_nothing_and_it_tells_nobody_what_was_asked() -> None:
    read = record_table(Maker).statements.read(WHOLE)
    one, other = Questions(b"one").of(read, ("jane@doe.org",)), Questions(b"other").of(read, ("jane@doe.org",))

    assert not {*one.keys, one.name} & {*other.keys, other.name}
    assert "jane" not in repr((one.keys, one.name))


def test_an_answer_about_one_record_hangs_on_that_record() -> None:
    statements = record_table(Thing).statements
    whole, narrow = (QUESTIONS.of(statements.read(shape), ("7",)) for shape in (WHOLE, Shape(fields=("name",))))

    assert whole.keys == narrow.keys == (QUESTIONS.record("thing", "7"), QUESTIONS.records_of("thing"))
    assert whole.name != narrow.name
    assert whole.key == "7"


def test_an_answer_that_shows_several_records_hangs_on_all_tables_it_shows() -> None:
    table = record_table(Thing)
    expanded = QUESTIONS.of(table.statements.read(Shape(expand=("maker",))), ("7",))

    assert expanded.tables == ("maker", "thing")
    assert expanded.keys[1:] == (QUESTIONS.lists_of("maker"), QUESTIONS.lists_of("thing"))
    assert expanded.key is None


def test_a_statement_knows_the_tables_it_reads_and_writes() -> None:
    removal = delete(NOTES).where(NOTES.c.id == 1)
    made = [compiled(query) for query in (select(NOTES), insert(NOTES).values(text="a"), removal)]

    assert [(one.tables, one.writes, one.deletes) for one in made] == [
        (("notes",), False, False),
        (("notes",), True, False),
        (("notes",), True, True),
    ]
    assert statement("SELECT 1", types={}).tables == ()


def test_writes_of_records_tell_the_keys_of_what_they_wrote() -> None:
    statements = record_table(Thing).statements
    writing = (statements.insert(("name",)), statements.update(("name",)), statements.delete())

    assert [(one.returns_keys, one.tables) for one in writing] == [(True, ("thing",))] * 3

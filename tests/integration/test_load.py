"""Folders of NDJSON into a real Postgres: in order, checked against every rule, whole or not at all."""

import json
import random
from pathlib import Path

import pytest

from tests.integration.sql import ask
from tests.integration.staffing import Load, bring_tables, faults, told

BERN = '{"code": "be", "name": "Bern"}'
PEOPLE = ['{"person_id": 1, "name": "Ada", "team": "tea"}', '{"person_id": 2, "name": "Bo", "boss_id": 1}']
TEAMS = ['{"name": "tea", "lead_id": 2, "town": "be", "room": 7}']
COUNTS = """ARRAY[
    (SELECT count(*) FROM badge), (SELECT count(*) FROM person),
    (SELECT count(*) FROM team), (SELECT count(*) FROM town)
]"""


@pytest.fixture
async def load(database: str, tmp_path: Path) -> Load:
    await bring_tables(database)
    return Load(dsn=database, folder=tmp_path)


async def stored(load: Load, question: str) -> object:
    """The one value that answers a question."""
    row = await ask(load.dsn, f"SELECT {question}")
    assert row is not None
    return row[0]


async def counts(load: Load) -> object:
    """How many badges, people, teams, towns there are."""
    return await stored(load, COUNTS)


async def test_files_are_loaded_in_the_order_of_their_references(load: Load) -> None:
    files = {"badge": ['{"person_id": 2}'] * 3, "person": PEOPLE, "team": TEAMS, "town": [BERN]}

    outcomes = await load(files)

    assert list(told(outcomes)) in (["town", "person", "team", "badge"], ["town", "team", "person", "badge"])
    assert await counts(load) == [3, 2, 1, 1]


async def test_a_row_may_refer_to_one_that_comes_later_in_its_file(load: Load) -> None:
    chain = [f'{{"person_id": {number}, "name": "p", "boss_id": {number + 1}}}' for number in range(1, 50)]

    outcomes = await load({"person": [*chain, '{"person_id": 50, "name": "p"}']})

    assert told(outcomes) == {"person": ("loaded", 50)}


async def test_a_reference_may_be_to_what_is_stored_already(load: Load) -> None:
    await load({"town": [BERN]})
    (load.folder / "town.ndjson").unlink()

    outcomes = await load({"team": ['{"name": "tea", "town": "be"}']})

    assert told(outcomes) == {"team": ("loaded", 1)}


async def test_values_arrive_as_they_were(load: Load) -> None:
    chance = random.Random(7)  # noqa: S311 - the same strange texts every time
    texts = ["\\N", "\\.", "a\tb\nc\rd", "'\"%s%%", "{}", "日本語 ñ 𝄞", "\x7f\x1b\u2028", "NULL", ""]
    texts += ["".join(map(chr, chance.choices([*range(1, 0x300), *range(0x1F300, 0x1F600)], k=40))) for _ in range(50)]
    rows = [
        {"person_id": number, "name": text or "-", "pay": "12.30", "marks": {text: text}}
        for number, text in enumerate(texts, start=1)
    ]

    await load({"person": [json.dumps(row) for row in rows]})

    wanted = "'person_id', person_id, 'name', name, 'pay', pay::text, 'marks', marks"
    assert await stored(load, f"json_agg(json_build_object({wanted}) ORDER BY person_id) FROM person") == rows


async def test_a_new_record_starts_at_version_one_now(load: Load) -> None:
    await load({"town": [BERN]})

    fresh = "version = 1 AND created_at = updated_at AND now() - created_at < interval '1 minute'"
    assert await stored(load, f"{fresh} FROM town") is True


async def test_numbers_that_postgres_gives_come_after_the_files(load: Load) -> None:
    await load({"person": ['{"name": "first"}', '{"person_id": 40, "name": "b"}', '{"name": "last"}']})

    following = await ask(load.dsn, "INSERT INTO person (name) VALUES ('c') RETURNING person_id")

    assert await stored(load, "array_agg(person_id ORDER BY person_id) FROM person WHERE name <> 'c'") == [40, 41, 42]
    assert following == (43,)


async def test_a_bad_line_keeps_its_whole_file_out_and_what_refers_to_it(load: Load) -> None:
    people = [*PEOPLE, '{"person_id": 3, "name": ""}']
    files = {"badge": ['{"person_id": 1}', '{"person_id": "x"}'], "person": people, "team": TEAMS, "town": [BERN]}

    outcomes = await load(files)

    assert told(outcomes) == {
        "town": ("loaded", 1),
        "person": ("refused", 0),
        "team": ("held_back", 0),
        "badge": ("held_back", 0),
    }
    assert faults(outcomes) == [
        ("person", 3, "/name", "String should have at least 1 character"),
        ("badge", 2, "/person_id", "Input should be a valid integer"),
    ]
    assert await counts(load) == [0, 0, 0, 1]


async def test_every_line_that_breaks_a_rule_of_the_table_is_told(load: Load) -> None:
    await load({"town": [BERN, '{"code": "zh", "name": "Zürich"}']})
    (load.folder / "town.ndjson").unlink()
    await load({"team": ['{"name": "old", "town": "zh", "room": 1}']})
    teams = [
        '{"name": "tea", "town": "be", "room": 7}',
        '{"name": "tea", "town": "be", "room": 8}',
        '{"name": "mug", "town": "be", "room": 7}',
        '{"name": "old", "town": "nowhere", "lead_id": 9}',
        '{"name": "new", "town": "zh", "room": 1}',
        '{"name": "all", "town": "be"}',
        '{"name": "any", "town": "be"}',
    ]

    outcomes = await load({"team": teams})

    assert faults(outcomes) == [
        ("team", 2, "/name", "line 1 has tea already"),
        ("team", 3, "/town", "line 1 has be, 7 already"),
        ("team", 3, "/room", "line 1 has be, 7 already"),
        ("team", 4, "/lead_id", "there is no person 9"),
        ("team", 4, "/name", "a stored team has old already"),
        ("team", 4, "/town", "there is no town nowhere"),
        ("team", 5, "/town", "a stored team has zh, 1 already"),
        ("team", 5, "/room", "a stored team has zh, 1 already"),
    ]
    assert (told(outcomes), await counts(load)) == ({"team": ("refused", 0)}, [0, 0, 1, 2])


async def test_lines_that_cannot_be_read_and_lines_that_break_rules_are_told_together(load: Load) -> None:
    people = [
        '{"person_id": 1, "name": "a", "boss_id": 3}',
        '{"person_id": 1, "name": "b"}',
        '{"person_id": 3, "name": ""}',
        '{"person_id": 4, "name": "d", "team": "none"}',
    ]

    outcomes = await load({"person": people})

    # Line 1 refers to line 3, which may be mended: nobody can tell yet whether its reference is good.
    assert faults(outcomes) == [
        ("person", 2, "/person_id", "line 1 has 1 already"),
        ("person", 3, "/name", "String should have at least 1 character"),
        ("person", 4, "/team", "there is no team none"),
    ]


async def test_bad_lines_can_be_left_out_and_so_is_what_refers_to_them(load: Load) -> None:
    people = [
        '{"person_id": 1, "name": "a", "boss_id": 2}',
        '{"person_id": 2, "name": "b", "boss_id": 3}',
        '{"person_id": 3, "name": ""}',
        '{"person_id": 4, "name": "d", "boss_id": 5}',
        '{"person_id": 5, "name": "e"}',
        '{"person_id": 5, "name": "f"}',
    ]

    outcomes = await load({"person": people, "badge": ['{"person_id": 1}', '{"person_id": 5}']}, skip_bad=True)

    assert told(outcomes) == {"person": ("loaded", 2), "badge": ("loaded", 1)}
    assert [(place, line, said) for place, line, _, said in faults(outcomes)] == [
        ("person", 1, "there is no person 2"),
        ("person", 2, "there is no person 3"),
        ("person", 3, "String should have at least 1 character"),
        ("person", 6, "line 5 has 5 already"),
        ("badge", 1, "there is no person 1"),
    ]
    assert await counts(load) == [1, 2, 0, 0]


async def test_bad_lines_left_out_of_a_circle_are_all_told(load: Load) -> None:
    people = [*PEOPLE, '{"person_id": 3, "name": ""}', '{"person_id": 4, "name": "d", "team": "mug"}']
    teams = [*TEAMS, '{"name": "mug", "lead_id": 3, "town": "be"}']

    outcomes = await load({"person": people, "team": teams, "town": [BERN]}, skip_bad=True)

    assert told(outcomes) == {"town": ("loaded", 1), "person": ("loaded", 2), "team": ("loaded", 1)}
    assert {(outcome.file.record_type.table, outcome.bad.count) for outcome in outcomes} == {
        ("town", 0),
        ("person", 2),
        ("team", 1),
    }
    assert sorted((place, line, said) for place, line, _, said in faults(outcomes)) == [
        ("person", 3, "String should have at least 1 character"),
        ("person", 4, "there is no team mug"),
        ("team", 2, "there is no person 3"),
    ]


async def test_loading_twice_changes_nothing_and_says_which_lines_are_there(load: Load) -> None:
    files = {"person": PEOPLE, "team": TEAMS, "town": [BERN]}
    await load(files)

    outcomes = await load(files)

    assert faults(outcomes) == [
        ("town", 1, "/code", "a stored town has be already"),
        ("town", 1, "/name", "a stored town has Bern already"),
    ]
    assert {fate for fate, _ in told(outcomes).values()} == {"refused", "held_back"}
    assert await counts(load) == [0, 2, 1, 1]


async def test_tables_that_have_rows_can_be_left_alone(load: Load) -> None:
    await load({"town": [BERN]})

    outcomes = await load({"person": PEOPLE, "team": TEAMS, "town": [BERN]}, if_empty=True)

    assert told(outcomes) == {"town": ("left_alone", 0), "person": ("loaded", 2), "team": ("loaded", 1)}


async def test_the_first_time_all_files_are_loaded_together(load: Load) -> None:
    outcomes = await load({"person": PEOPLE, "team": TEAMS, "town": [BERN]}, first_time=True)

    assert told(outcomes) == {"person": ("loaded", 2), "team": ("loaded", 1), "town": ("loaded", 1)}
    moments = "SELECT created_at FROM person UNION SELECT created_at FROM team UNION SELECT created_at FROM town"
    assert await stored(load, f"count(*) FROM ({moments}) AS moments") == 1


async def test_the_first_time_is_over_once_any_table_has_a_row(load: Load) -> None:
    await load({"town": [BERN]})

    outcomes = await load({"person": ['{"name": "a"}'], "town": [BERN]}, first_time=True)

    assert {fate for fate, _ in told(outcomes).values()} == {"left_alone"}
    assert await counts(load) == [0, 0, 0, 1]


async def test_the_first_time_one_bad_line_keeps_everything_out(load: Load) -> None:
    outcomes = await load({"town": [BERN], "badge": ['{"person_id": 8}']}, first_time=True)

    assert faults(outcomes) == [("badge", 1, "/person_id", "there is no person 8")]
    assert await counts(load) == [0, 0, 0, 0]


async def test_whoever_watches_is_told_of_every_step_and_line(load: Load) -> None:
    await load({"person": PEOPLE, "team": TEAMS, "town": [BERN, ""]})

    assert load.watcher.lines == 5
    assert load.watcher.steps[:2] == ["reading town.ndjson", "storing town.ndjson"]

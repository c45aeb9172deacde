"""What is refused, what waits for it, and what is done all the same."""

from storage.migrations.steps import Plan, Step, settle

CREATE = Step(name="create_table:song", words="create song", sql=("CREATE TABLE song ()",), makes=frozenset({"song"}))
ADD = Step(
    name="add_column:song.title",
    words="add song.title",
    sql=("ALTER TABLE song ADD COLUMN title text NOT NULL",),
    reason="song has 3 rows",
    makes=frozenset({"song.title"}),
    uses=frozenset({"song"}),
)
INDEX = Step(name="add_index:song.title", words="index it", sql=("…",), uses=frozenset({"song", "song.title"}))
DROP = Step(name="drop_column:song.name", words="drop song.name", sql=("…",), reason="it loses data", needed=False)


def test_what_has_no_reason_against_it_is_done() -> None:
    assert settle([CREATE], allow=()) == Plan(steps=(CREATE,))


def test_what_is_allowed_by_name_is_done() -> None:
    assert settle([DROP], allow={DROP.name}) == Plan(steps=(DROP,))


def test_what_builds_on_a_refused_step_waits_for_it() -> None:
    plan = settle([ADD, INDEX], allow=())

    assert [(step.name, step.reason, step.possible) for step in plan.refused] == [
        ("add_column:song.title", "song has 3 rows", True),
        ("add_index:song.title", "it waits for add_column:song.title", False),
    ]


def test_what_is_impossible_is_refused_although_it_is_allowed() -> None:
    impossible = Step(name="add_unique:song.title", words="…", sql=(), reason="2 rows share it", possible=False)

    assert settle([impossible], allow={impossible.name}) == Plan(refused=(impossible,))


def test_two_that_are_only_done_together_are_refused_together() -> None:
    one = Step(name="change_type:a.id", words="…", sql=(), only_with=frozenset({"change_type:b.a_id"}))
    other = Step(name="change_type:b.a_id", words="…", sql=(), reason="it loses data")

    refused = settle([one, other], allow=()).refused

    assert [(step.name, step.reason) for step in refused] == [
        ("change_type:a.id", "it is only done together with change_type:b.a_id"),
        ("change_type:b.a_id", "it loses data"),
    ]
    assert settle([one, other], allow={other.name}) == Plan(steps=(one, other))


def test_a_service_can_do_without_a_drop_but_not_without_a_column() -> None:
    assert settle([ADD, DROP], allow=()).missing == (ADD,)

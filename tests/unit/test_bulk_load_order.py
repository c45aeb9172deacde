"""Tables are filled in the order of their references."""

from typing import Annotated
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from storage.bulk.load_order import load_order
from storage.describe import describe_all
from storage.model import Key, Model, Reference
from storage.record_type import RecordField, RecordType


class Country(Model):
    code: Annotated[str, Key()]


class Person(Model):
    person_id: Annotated[int, Key()]
    boss_id: Annotated[int | None, Reference("Person", expand_as="boss")] = None
    team_id: Annotated[UUID | None, Reference("Team")] = None


class Team(Model):
    lead_id: Annotated[int | None, Reference(Person, expand_as="lead")] = None
    country: Annotated[str, Reference(Country, expand_as="country_record")]


class Badge(Model):
    person_id: Annotated[int, Reference(Person)]


TYPES = describe_all([Badge, Person, Team, Country])


def names(groups: list[tuple[RecordType, ...]]) -> list[set[str]]:
    return [{record_type.name for record_type in group} for group in groups]


def test_what_others_refer_to_comes_first_and_a_circle_comes_together() -> None:
    assert names(load_order(list(TYPES.values()))) == [{"Country"}, {"Person", "Team"}, {"Badge"}]


def test_only_what_is_to_be_loaded_counts() -> None:
    assert names(load_order([TYPES[Badge], TYPES[Team]])) == [{"Badge"}, {"Team"}]


def test_a_type_that_refers_to_itself_stands_alone() -> None:
    assert names(load_order([TYPES[Person]])) == [{"Person"}]


@given(st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9)), max_size=10))
def test_nothing_comes_before_what_it_refers_to_unless_they_come_together(arrows: dict[int, set[int]]) -> None:
    types = [record_type(number, targets) for number, targets in arrows.items()]

    groups = names(load_order(types))

    place = {name: position for position, group in enumerate(groups) for name in group}
    backwards = [
        (number, target)
        for number, targets in arrows.items()
        for target in targets & arrows.keys()
        if place[f"T{target}"] > place[f"T{number}"]
    ]
    assert (sorted(place), backwards) == (sorted(f"T{number}" for number in arrows), [])


@given(st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 6)), max_size=7))
def test_only_types_that_reach_each_other_come_together(arrows: dict[int, set[int]]) -> None:
    groups = names(load_order([record_type(number, targets) for number, targets in arrows.items()]))

    together = {frozenset((a, b)) for group in groups for a in group for b in group if a != b}
    reached = {number: reach(number, arrows) for number in arrows}
    expected = {
        frozenset((f"T{a}", f"T{b}")) for a in arrows for b in reached[a] & arrows.keys() if a != b and a in reached[b]
    }
    assert together == expected


def record_type(number: int, targets: set[int]) -> RecordType:
    """A type of this number that refers to those."""
    model = type(f"T{number}", (Model,), {})
    template = TYPES[Badge].by_name["person_id"]
    fields = tuple(referring(template, target) for target in sorted(targets))
    return RecordType(model=model, table=f"t{number}", fields=fields)


def referring(template: RecordField, target: int) -> RecordField:
    names = {name: getattr(template, name) for name in RecordField.__slots__}
    return RecordField(**(names | {"name": f"f{target}", "reference": Reference(f"T{target}")}))


def reach(start: int, arrows: dict[int, set[int]]) -> set[int]:
    found: set[int] = set()
    ahead = set(arrows[start])
    while ahead:
        found |= ahead
        ahead = {target for number in ahead for target in arrows.get(number, set())} - found
    return found

"""The roles that mean something to a service, wherever it names them."""

from typing import Annotated

import pytest

from server import ANYONE, OWNER, Accounts, Model, ReadableBy, Resource, Route, Service, role
from server.declaration import checked
from server.identity.declared_roles import declared_roles, roles_unknown
from storage.mistakes import Misdeclared


class Note(Model):
    text: str
    grade: Annotated[int, ReadableBy(role("teacher"))] = 0


async def handle(_request: object) -> None:
    """A handler."""


SCHOOL = checked(
    Service(
        name="school",
        resources=[Resource(Note, "/notes", read=ANYONE, write=OWNER | (role("staff") & role("trusted")))],
        routes=[Route("POST", "/close", handle, access=role("head"))],
        limit_factors={"partner": 10},
        accounts=Accounts(roles=["member"]),
        roles=["robot"],
    )
)


def test_they_are_named_by_access_words_markers_limits_accounts_and_a_list_and_admin_is_ours() -> None:
    assert declared_roles(SCHOOL) == {"admin", "head", "member", "partner", "robot", "staff", "teacher", "trusted"}


def test_one_that_is_misspelt_is_told_with_those_there_are() -> None:
    there = "admin, head, member, partner, robot, staff, teacher, trusted"

    assert [*roles_unknown(["staf", "staff", "zzz"], SCHOOL)] == [
        f"school knows no role 'staf': did you mean staff? There are {there}.",
        f"school knows no role 'zzz': there are {there}.",
    ]


def test_a_listed_role_is_named_as_roles_are() -> None:
    with pytest.raises(Misdeclared, match=r"Service 'school': 'a b' is no role"):
        checked(Service(name="school", roles=["robot", "a b"]))

"""Which access words take no credentials."""

import pytest

from server.identity.access import ANYONE, OWNER, SIGNED_IN, Access, is_open, role


@pytest.mark.parametrize("access", [ANYONE, ANYONE | role("x"), role("x") | ANYONE, ANYONE & (OWNER | ANYONE)])
def test_what_admits_anyone_is_open(access: Access) -> None:
    assert is_open(access)


@pytest.mark.parametrize("access", [SIGNED_IN, OWNER, role("x"), ANYONE & role("x"), SIGNED_IN | OWNER])
def test_what_asks_for_somebody_is_not_open(access: Access) -> None:
    assert not is_open(access)

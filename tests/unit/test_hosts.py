"""Addresses of several Postgres servers."""

from collections.abc import Sequence

import pytest

from storage.postgres.dsn_form import dsn_fault
from storage.postgres.hosts import Parameters, hosts_of

ANY = {"target_session_attrs": "any"}


@pytest.mark.parametrize(
    ("dsn", "hosts"),
    [
        ("", [{}]),
        ("host=db dbname=shop", [{}]),
        ("postgresql://db:6432/shop", [{}]),
        ("host=a,b", [{**ANY, "host": "a"}, {**ANY, "host": "b"}]),
        ("host=a,b port=6432", [{**ANY, "host": "a"}, {**ANY, "host": "b"}]),
        ("host=a,b port=1,2", [{**ANY, "host": "a", "port": "1"}, {**ANY, "host": "b", "port": "2"}]),
        ("postgresql://u@a:1,b:2/shop", [{**ANY, "host": "a", "port": "1"}, {**ANY, "host": "b", "port": "2"}]),
        (
            "host=a,b hostaddr=10.0.0.1,10.0.0.2 target_session_attrs=read-write",
            [{**ANY, "host": "a", "hostaddr": "10.0.0.1"}, {**ANY, "host": "b", "hostaddr": "10.0.0.2"}],
        ),
    ],
)
def test_each_host_is_told_by_what_differs(dsn: str, hosts: Sequence[Parameters]) -> None:
    assert hosts_of(dsn) == hosts


def test_a_port_too_many_is_said_before_anything_connects() -> None:
    assert dsn_fault("host=a,b,c port=1,2") == "names another number of hosts than of ports"
    assert dsn_fault("host=a,b,c port=5432") == ""

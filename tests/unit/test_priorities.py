"""How much a request matters, by its first bytes."""

import pytest

from middleware.inbound.priorities import Openings, Priority, Ranked
from telemetry.events import OTHER, UNMATCHED

openings = Openings(
    [
        Ranked(method="GET", template="/reports/daily", priority="default"),
        Ranked(method="POST", template="/orders/{id}/pay", priority="critical"),
        Ranked(method="GET", template="/reports/{id}", priority="sheddable"),
        Ranked(method="GET", template="/a.b", priority="critical"),
    ]
)


@pytest.mark.parametrize(
    ("line", "priority"),
    [
        ("POST /orders/7/pay HTTP/1.1", "critical"),
        ("POST /orders/7/pay?express=1 HTTP/1.1", "critical"),
        ("POST /orders/7%2F8/pay HTTP/1.1", "sheddable"),
        ("POST /orders/7/8/pay HTTP/1.1", "sheddable"),
        ("GET /orders/7/pay HTTP/1.1", "sheddable"),
        ("GET /reports/9 HTTP/1.1", "sheddable"),
        ("HEAD /reports/9 HTTP/1.1", "sheddable"),
        ("GET /%72eports/9 HTTP/1.1", "sheddable"),
        ("GET http://shop.example/reports/9 HTTP/1.1", "sheddable"),
        ("GET /reports/daily HTTP/1.1", "default"),
        ("GET /a.b HTTP/1.1", "critical"),
        ("GET /acb HTTP/1.1", "sheddable"),
        ("GET /nowhere HTTP/1.1", "sheddable"),
        ("\x16\x03\x01", "sheddable"),
        ("GE", "sheddable"),
        ("\r\nGET /reports/9 HTTP/1.1", "sheddable"),
        ("GET /reports/9#x HTTP/1.1", "sheddable"),
        ("GET http://u?x@h/reports/daily HTTP/1.1", "sheddable"),
    ],
)
def test_a_request_matters_as_its_address_was_declared(line: str, priority: Priority) -> None:
    assert openings.priority(f"{line}\r\nHost: a\r\n\r\n".encode("latin-1")) == priority


@pytest.mark.parametrize(
    ("declared", "header", "priority"),
    [
        ("critical", "Priority: u=3", "critical"),
        ("critical", "Priority: u=0, i", "critical"),
        ("critical", "priority: i, u=5", "default"),
        ("critical", "PRIORITY:u=7", "sheddable"),
        ("critical", "X-Priority: u=7", "critical"),
        ("critical", "Priority: u=9", "critical"),
        ("default", "Priority: u=0", "default"),
        ("default", "Priority: u=4", "default"),
        ("default", "Priority: u=6", "sheddable"),
        ("sheddable", "Priority: u=0", "sheddable"),
    ],
)
def test_a_caller_may_lower_its_own_priority_and_raise_none(
    declared: Priority, header: str, priority: Priority
) -> None:
    one = Openings([Ranked(method="GET", template="/", priority=declared)])

    assert one.priority(f"GET / HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n".encode()) == priority


def test_where_nothing_is_declared_everything_is_default() -> None:
    assert Openings([]).priority(b"GET / HTTP/1.1\r\n\r\n") == "default"


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("POST /orders/7/pay?express=1 HTTP/1.1", ("POST", "/orders/{id}/pay")),
        ("HEAD /reports/9 HTTP/1.1", ("HEAD", "/reports/{id}")),
        ("GET /orders/7/pay HTTP/1.1", ("GET", UNMATCHED)),
        ("BREW /reports/9 HTTP/1.1", (OTHER, UNMATCHED)),
        ("\x16\x03\x01", (OTHER, UNMATCHED)),
        ("GE", (OTHER, UNMATCHED)),
    ],
)
def test_what_a_request_asks_for_is_told_without_reading_it(line: str, asked: tuple[str, str]) -> None:
    assert openings.asked(f"{line}\r\nHost: a\r\n\r\n".encode("latin-1")) == asked


def test_where_nothing_is_declared_nothing_is_asked_for() -> None:
    assert Openings([]).asked(b"GET / HTTP/1.1\r\n\r\n") == ("GET", UNMATCHED)


def test_addresses_are_told_apart_by_their_first_segment_and_one_of_any_kind_is_tried_for_all() -> None:
    anything = Ranked(method="GET", template="/{any}/parts", priority="critical")
    things = Ranked(method="GET", template="/things/{id}", priority="default")
    root = Ranked(method="GET", template="/", priority="critical")
    apart, together = Openings([things, root]), Openings([things, anything])

    asked = [b"GET /things/parts HTTP/1.1", b"GET /other/parts HTTP/1.1", b"GET / HTTP/1.1"]

    assert [apart.priority(one) for one in asked] == ["default", "sheddable", "critical"]
    assert [together.priority(one) for one in asked] == ["default", "critical", "sheddable"]

"""When what a caller sends is late."""

import pytest

from middleware.inbound.arrival import Arrival, ArrivalPolicy, Late

POLICY = ArrivalPolicy(headers_seconds=5, body_seconds=4, body_bytes_a_second=100)


class Body:
    def __init__(self, *, is_whole: bool = False, total_bytes: int = 0) -> None:
        self.is_whole = is_whole
        self.total_bytes = total_bytes

    def is_eof(self) -> bool:
        return self.is_whole


def test_a_connection_that_has_sent_nothing_is_never_late() -> None:
    assert Arrival(POLICY).late(1e9) is None


@pytest.mark.parametrize(("now", "late"), [(5.0, None), (5.1, "slow_headers")])
def test_headers_are_late_by_their_first_byte_however_many_follow(now: float, late: Late | None) -> None:
    arrival = Arrival(POLICY)
    for second in range(5):
        arrival.received(body=None, now=second)

    assert arrival.late(now) == late


def test_a_request_that_is_whole_is_never_late() -> None:
    arrival = Arrival(POLICY)
    arrival.received(body=None, now=0)
    arrival.received(body=Body(is_whole=True), now=4)

    assert arrival.late(1e9) is None


@pytest.mark.parametrize(("now", "late"), [(7.0, None), (7.1, "slow_body")])
def test_a_body_gains_time_by_what_has_come(now: float, late: Late | None) -> None:
    arrival = Arrival(POLICY)
    arrival.received(body=Body(total_bytes=200), now=1)
    arrival.received(body=None, now=2)

    assert arrival.late(now) == late


def test_the_next_headers_begin_after_the_body_is_whole() -> None:
    arrival, body = Arrival(POLICY), Body()
    arrival.received(body=body, now=0)
    body.is_whole = True
    arrival.received(body=None, now=1)
    arrival.received(body=None, now=20)

    assert (arrival.late(25.0), arrival.late(25.1)) == (None, "slow_headers")

"""What is answered to a request nobody has read."""

import json

import pytest

from middleware.inbound.shed_answer import ShedAnswer, shed_answer
from telemetry.context import Identifier

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def refused(opening: str, *, jitter: float = 0.0) -> ShedAnswer:
    return shed_answer(opening.encode(), make_context=Identifier(now=lambda: 1.0), now=1.0, jitter=jitter)


def head_of(answer: ShedAnswer) -> dict[str, str]:
    lines = answer.data.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def test_it_is_a_problem_that_may_be_tried_again_in_its_caller_s_own_trace() -> None:
    answer = refused(
        f"GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: mine\r\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\r\n"
    )

    status, _, rest = answer.data.partition(b"\r\n")
    body = rest.partition(b"\r\n\r\n")[2]
    head = head_of(answer)
    assert (status, answer.closes) == (b"HTTP/1.1 503 Service Unavailable", False)
    assert json.loads(body) == {
        "type": "urn:mainstay:problem:overloaded",
        "title": "Overloaded",
        "status": 503,
        "detail": "More is asked of this service than it can answer just now; nothing was done, so try again later.",
        "request_id": "mine",
        "trace_id": TRACE,
        "retryable": True,
    }
    assert (head["Content-Type"], head["Content-Length"]) == ("application/problem+json", str(len(body)))
    assert (head["X-Request-ID"], head["Retry-After"], head["Server"]) == ("mine", "2", "mainstay")
    assert "Connection" not in head


def test_callers_are_told_to_come_back_at_different_times() -> None:
    told = [head_of(refused("GET / HTTP/1.1\r\n\r\n", jitter=jitter))["Retry-After"] for jitter in (0.0, 0.5, 0.99)]

    assert told == ["2", "4", "5"]


def test_head_is_answered_without_a_body() -> None:
    assert refused("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").data.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "opening",
    [
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding : chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "\x16\x03\x01",
    ],
)
def test_where_the_next_request_might_not_begin_with_the_next_byte_the_connection_closes(opening: str) -> None:
    answer = refused(opening)

    assert (answer.closes, head_of(answer)["Connection"]) == (True, "close")


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "ä" * 5, "x" * 65])
def test_an_id_that_is_none_is_not_given_back(value: str) -> None:
    assert head_of(refused(f"GET / HTTP/1.1\r\nX-Request-ID: {value}\r\n\r\n"))["X-Request-ID"] != value

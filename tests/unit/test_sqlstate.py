"""What errors mean that come without a word from the server."""

import psycopg2
import pytest

from middleware.errors import Bug, OutcomeUnknown, Overloaded, Problem, Unavailable
from storage.postgres.sqlstate import is_lost, refused, translated


@pytest.mark.parametrize(
    "words",
    [
        "FATAL:  sorry, too many clients already",
        'FATAL:  too many connections for role "shop"',
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ],
)
def test_a_server_full_of_connections_has_no_room(words: str) -> None:
    assert type(refused(psycopg2.OperationalError(words))) is Overloaded


def test_a_connect_refused_for_another_reason_is_unavailable_and_says_nothing_of_it() -> None:
    problem = refused(psycopg2.OperationalError('connection to server at "10.0.0.7" failed'))

    assert type(problem) is Unavailable
    assert "10.0.0.7" not in problem.detail


@pytest.mark.parametrize(
    ("error", "writing", "kind"),
    [
        (psycopg2.OperationalError("server closed the connection unexpectedly"), False, Unavailable),
        (psycopg2.OperationalError("server closed the connection unexpectedly"), True, OutcomeUnknown),
        (psycopg2.InterfaceError("connection already closed"), True, Unavailable),
    ],
)
def test_a_lost_connection_leaves_a_write_that_was_sent_unknown(
    error: psycopg2.Error, writing: bool, kind: type[Problem]
) -> None:
    assert is_lost(error)
    assert type(translated(error, lost=True, writing=writing)) is kind


def test_what_the_driver_refuses_by_itself_is_a_bug() -> None:
    error = psycopg2.ProgrammingError("can't adapt type 'object'")

    assert not is_lost(error)
    assert type(translated(error, lost=False, writing=True)) is Bug

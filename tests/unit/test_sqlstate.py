"""What errors mean that come without a word from the server."""

import psycopg2
import pytest

from middleware.errors import Bug, Elapsed, OutcomeUnknown, Overloaded, Problem, SerializationFailure, Unavailable
from storage.postgres import refused_connects
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


AT = 'connection to server at "10.0.0.7", port 5432 failed: '


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('FATAL:  password authentication failed for user "shop"', refused_connects.LoginRefused),
        ("fe_sendauth: no password supplied", refused_connects.LoginRefused),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "shop", database "shop"',
            refused_connects.LoginRefused,
        ),
        ('FATAL:  role "shop" does not exist', refused_connects.LoginRefused),
        ('FATAL:  database "shop" does not exist', refused_connects.DatabaseMissing),
        ("FATAL:  sorry, too many clients already", refused_connects.ConnectionsUsedUp),
        ("FATAL:  the database system is starting up", refused_connects.ServerNotReady),
        ("SSL error: certificate verify failed", refused_connects.TlsRefused),
        ("server does not support SSL, but SSL was required", refused_connects.TlsRefused),
        ("Connection refused\n\tIs the server running on that host?", refused_connects.NobodyListens),
    ],
)
def test_a_refused_connect_bears_the_name_of_its_reason(words: str, kind: type[Exception]) -> None:
    error = psycopg2.OperationalError(AT + words)

    found = refused_connects.named(error)

    assert (type(found), str(found), found.__cause__) == (kind, AT + words, error)


def test_a_connect_refused_for_what_nobody_knows_stays_what_it_was() -> None:
    error = psycopg2.OperationalError(AT + "out of luck")

    assert refused_connects.named(error) is error


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


class Coded(psycopg2.OperationalError):  # type: ignore[misc]  # psycopg2 has no types
    """An error as the driver raises it, with the server's code."""

    pgcode = ""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.pgcode = code


@pytest.mark.parametrize(
    ("code", "lost", "kind"),
    [
        ("08006", True, Unavailable),  # connection_failure
        ("57P01", True, Unavailable),  # admin_shutdown
        ("57P02", True, Unavailable),  # crash_shutdown
        ("57P03", True, Unavailable),  # cannot_connect_now
        ("25006", True, Unavailable),  # read_only_sql_transaction
        ("25P03", True, Unavailable),  # idle_in_transaction_session_timeout
        ("40001", False, SerializationFailure),
        ("40P01", False, SerializationFailure),  # deadlock_detected
        ("40003", False, OutcomeUnknown),  # statement_completion_unknown
        ("53100", False, Overloaded),  # disk_full
        ("58030", False, Unavailable),  # io_error
        ("57014", False, Elapsed),  # query_canceled
        ("55P03", False, Elapsed),  # lock_not_available
        ("42P01", False, Bug),  # undefined_table
        ("XX000", False, Bug),  # internal_error
    ],
)
def test_a_code_says_what_happened_and_whether_the_connection_is_lost(
    code: str, lost: bool, kind: type[Problem]
) -> None:
    error = Coded(code)

    assert is_lost(error) is lost
    assert type(translated(error, lost=lost, writing=False)) is kind


def test_a_write_that_a_replica_refuses_did_not_happen() -> None:
    assert type(translated(Coded("25006"), lost=True, writing=True)) is Unavailable

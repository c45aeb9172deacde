"""Lets one migration of a database run at a time: a session advisory lock, gone with the connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage.migrations.lock_patience import Patience
from storage.migrations.session import Session
from storage.migrations.stopped import MigrationBusy

GATE = 0x6D61696E73746179
"""The lock's number: "mainstay" in ASCII."""


@contextmanager
def passed(session: Session, patience: Patience) -> Iterator[None]:
    """Hold the gate; raises MigrationBusy once `gate_seconds` have passed.

    It asks again and again instead of waiting in Postgres: a waiting statement is a transaction of its own, and
    the other migration's CREATE INDEX CONCURRENTLY would wait for that one to end.
    """
    until = patience.now() + patience.gate_seconds
    while not session.value("SELECT pg_try_advisory_lock(%s)", (GATE,)):
        if patience.now() >= until:
            raise MigrationBusy(
                f"Another migration of this database has been running for {patience.gate_seconds:g} s; "
                "run the same command again when it has finished."
            )
        patience.sleep(patience.gate_pause_seconds)
    try:
        yield
    finally:
        if session.is_usable:
            session.run("SELECT pg_advisory_unlock(%s)", (GATE,))

"""What a starting replica asks the database, in one statement."""

import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg2.extensions import make_dsn

from storage.migrations.applying import apply
from storage.migrations.ledger import SECRET_BYTES, is_current, make_ready, read_state
from storage.migrations.stopped import StatementFailed
from storage.model import Model
from storage.tables.schema import fingerprint
from tests.integration.blocking_sql import fresh_schema, run
from tests.integration.migration_targets import SERVICE, target
from tests.source_tree import PROJECT


class Product(Model):
    name: str


class Heavier(Model, table="product"):
    name: str
    weight: int


def test_before_the_first_migration_there_is_no_state(database: str) -> None:
    assert read_state(database, SERVICE) is None


def test_after_it_the_state_is_that_of_the_tables(database: str) -> None:
    wanted = target(database, Product)
    apply(wanted)

    state = read_state(database, SERVICE)

    assert state is not None
    assert state.fingerprint == fingerprint(wanted.metadata)
    assert len(state.cursor_secret) == SECRET_BYTES
    assert is_current(database, SERVICE, fingerprint=fingerprint(wanted.metadata))
    assert not is_current(database, SERVICE, fingerprint=fingerprint(target(database, Heavier).metadata))


def test_the_secret_stays(database: str) -> None:
    apply(target(database, Product))
    before = read_state(database, SERVICE)
    apply(target(database, Heavier))
    after = read_state(database, SERVICE)

    assert before is not None
    assert after is not None
    assert before.cursor_secret == after.cursor_secret


def test_a_service_with_a_refused_step_it_needs_is_not_current(database: str) -> None:
    class Unready(Model, table="product"):
        name: str
        color: str

    apply(target(database, Product))
    run(database, "INSERT INTO product (id, name) VALUES (gen_random_uuid(), 'chair')")
    wanted = target(database, Unready)
    apply(wanted, only_safe=True)

    assert not is_current(database, SERVICE, fingerprint=fingerprint(wanted.metadata))


def test_a_service_with_only_a_drop_refused_is_current(database: str) -> None:
    apply(target(database, Heavier))
    wanted = target(database, Product)
    apply(wanted, only_safe=True)

    assert is_current(database, SERVICE, fingerprint=fingerprint(wanted.metadata))


def test_each_service_and_each_schema_has_its_own_state(database: str) -> None:
    dsn = fresh_schema(database)
    apply(target(dsn, Product))

    assert read_state(dsn, SERVICE) is not None
    assert read_state(dsn, "another") is None
    assert read_state(database, SERVICE) is None


@pytest.fixture
def stranger(database: str, postgres_dsn: str) -> Iterator[str]:
    """A DSN whose role is not the one that migrates."""
    role = f"stranger_{uuid4().hex}"
    run(postgres_dsn, f"CREATE ROLE {role}", f"GRANT {role} TO mainstay")
    yield str(make_dsn(database, options=f"-crole={role}"))
    run(postgres_dsn, f"DROP ROLE {role}")


def test_a_role_that_may_not_read_the_state_is_told_what_it_needs(database: str, stranger: str) -> None:
    apply(target(database, Product))

    with pytest.raises(StatementFailed, match="mainstay migrate FILE --apply --grant ROLE"):
        read_state(stranger, SERVICE)


def test_reading_the_state_does_not_load_alembic() -> None:
    program = "import sys, storage.migrations.ledger, storage.tables.schema; sys.exit('alembic' in sys.modules)"

    finished = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=False)

    assert finished.returncode == 0


def test_a_database_without_a_table_of_ours_that_is_new_since_gets_it_with_the_next_migration(database: str) -> None:
    wanted = target(database, Product)
    apply(wanted)
    run(database, "DROP TABLE mainstay_internal.api_key")
    before = read_state(database, SERVICE)
    apply(wanted)

    assert before is None
    assert is_current(database, SERVICE, fingerprint=fingerprint(wanted.metadata))


def test_our_own_tables_can_be_made_without_a_service(database: str) -> None:
    make_ready(database)
    make_ready(database)

    assert read_state(database, SERVICE) is None
    apply(target(database, Product))
    assert read_state(database, SERVICE) is not None

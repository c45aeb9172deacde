"""The rights of a role that serves: all it needs, and nothing it could do harm with."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from storage.migrations.applying import apply
from storage.migrations.planning import Target
from storage.migrations.serving_rights import INTERNAL_RIGHTS, grant_missing, missing_grants
from storage.migrations.session import connected
from storage.migrations.stopped import StatementFailed
from storage.model import Model
from tests.integration.blocking_sql import run
from tests.integration.migration_targets import target


class Product(Model):
    name: str


class Numbered(Model):
    number: int


@pytest.fixture
def role(postgres_dsn: str) -> Iterator[str]:
    """A role that may nothing yet; gone after the database in which it has rights."""
    name = f"app-{uuid4().hex}"
    run(postgres_dsn, f'CREATE ROLE "{name}" LOGIN')
    yield name
    run(postgres_dsn, f'DROP ROLE "{name}"')


@pytest.fixture
def shop(role: str, database: str) -> Target:
    """A database with the tables of one service; asks for the role first, so that it outlives the database."""
    wanted = target(database, Product)
    apply(wanted)
    return wanted


def test_a_role_is_told_what_it_lacks_and_gets_exactly_that(shop: Target, role: str) -> None:
    with connected(shop.dsn) as session:
        told = missing_grants(session, role, tables=shop.metadata.tables)
        given = grant_missing(session, role, tables=shop.metadata.tables)
        left = missing_grants(session, role, tables=shop.metadata.tables)

    ours = [(table, ", ".join(rights)) for table, rights in sorted(INTERNAL_RIGHTS.items()) if rights]
    assert told == [
        f'GRANT USAGE ON SCHEMA mainstay_internal TO "{role}"',
        *(f'GRANT {rights} ON TABLE mainstay_internal.{table} TO "{role}"' for table, rights in ours),
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.product TO "{role}"',
    ]
    assert (given, left) == (told, [])


def test_a_right_taken_away_is_the_only_one_given_again(shop: Target, role: str) -> None:
    with connected(shop.dsn) as session:
        grant_missing(session, role, tables=shop.metadata.tables)
        session.run(f'REVOKE UPDATE ON product FROM "{role}"')

        given = grant_missing(session, role, tables=shop.metadata.tables)

    assert given == [f'GRANT UPDATE ON TABLE public.product TO "{role}"']


def test_a_role_that_does_not_exist_is_said_so(shop: Target) -> None:
    with connected(shop.dsn) as session, pytest.raises(StatementFailed, match='role "nobody" does not exist'):
        missing_grants(session, "nobody", tables=shop.metadata.tables)


def test_the_tables_of_another_service_stay_closed(shop: Target, role: str) -> None:
    apply(target(shop.dsn, Numbered, service="another"))
    with connected(shop.dsn) as session:
        grant_missing(session, role, tables=shop.metadata.tables)

    with (
        closing(psycopg2.connect(make_dsn(shop.dsn, user=role))) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute("SELECT * FROM numbered")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mainstay_internal.audit_entry SET subject = 'somebody else'",
        "DELETE FROM mainstay_internal.audit_entry",
        "TRUNCATE mainstay_internal.audit_entry",
        "DROP TABLE mainstay_internal.audit_entry",
    ],
)
def test_the_audit_trail_can_be_added_to_and_never_changed(shop: Target, role: str, statement: str) -> None:
    added = """
        INSERT INTO mainstay_internal.audit_entry (action, record_type, record_key, record_version, fields)
        VALUES ('create', 'Product', '1', 1, '[]')
    """
    with connected(shop.dsn) as session:
        grant_missing(session, role, tables=shop.metadata.tables)

    with closing(psycopg2.connect(make_dsn(shop.dsn, user=role))) as connection, connection.cursor() as cursor:
        cursor.execute(added)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


def test_every_table_of_our_own_schema_says_what_serving_may_do_with_it(shop: Target) -> None:
    with connected(shop.dsn) as session:
        found = session.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'mainstay_internal'")

    assert {name for (name,) in found} == set(INTERNAL_RIGHTS)

"""The real process serves as a role that can do what a service needs, and nothing an attacker would want."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import aiohttp
import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.service_process import mainstay, service
from tests.integration.blocking_sql import run
from tests.integration.sql import ask

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
PRODUCT = {"sku": "ABC-1", "name": "chair", "price": "9.90"}
ROLE = "serves_quickstart"
FORBIDDEN = (
    "CREATE TABLE mine (x int)",
    "CREATE TEMPORARY TABLE mine (x int)",
    "CREATE TABLE mainstay_internal.mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION vector",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "CREATE INDEX ON product (name)",
    "CREATE TRIGGER mine BEFORE INSERT ON product EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "ALTER TABLE product ADD mine int",
    "ALTER TABLE product DISABLE TRIGGER ALL",
    "ALTER TABLE product OWNER TO serves_quickstart",
    "DROP TABLE product",
    "DROP DATABASE mainstay",
    "DROP SCHEMA mainstay_internal CASCADE",
    "TRUNCATE product",
    "SELECT * FROM of_others",
    "SELECT * FROM mainstay_internal.applied_revision",
    "UPDATE mainstay_internal.secret SET value = ''",
    "DELETE FROM mainstay_internal.applied_schema",
    "INSERT INTO mainstay_internal.owned_table VALUES ('public', 'of_others', 'quickstart')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "COPY product FROM '/etc/passwd'",
    "COPY product TO '/tmp/mine'",
    "COPY product TO PROGRAM 'id'",
    "LOAD '/tmp/mine.so'",
    "SELECT * FROM pg_authid",
    "ALTER ROLE serves_quickstart SUPERUSER",
    "ALTER SYSTEM SET log_statement = 'all'",
    "SELECT pg_reload_conf()",
    "SET ROLE mainstay",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
)


@pytest.fixture(scope="module")
async def owner_dsn(fast_folder: Path) -> AsyncIterator[str]:
    """The embedded Postgres of a running service, with a table of somebody else's beside its own."""
    data_dir = fast_folder / "rights"
    async with service(QUICKSTART, data_dir):
        dsn = str(make_dsn(host=str(data_dir / "sockets"), port=5432, user="mainstay", dbname="mainstay"))
        run(dsn, "CREATE TABLE of_others (x int)")
        yield dsn


async def test_every_connection_of_the_pool_is_the_role_that_serves(owner_dsn: str) -> None:
    superuser = str(make_dsn(owner_dsn, user="postgres"))

    found = await ask(
        superuser,
        "SELECT array_agg(DISTINCT usename::text) FROM pg_stat_activity"
        " WHERE application_name = 'mainstay' AND backend_type = 'client backend'",
    )

    assert found == ([ROLE],)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_that_role_may_not(owner_dsn: str, statement: str) -> None:
    with closing(psycopg2.connect(make_dsn(owner_dsn, user=ROLE))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


async def test_a_service_of_an_older_mainstay_is_given_its_role_when_it_starts(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as first, aiohttp.ClientSession(first.base_url) as client:
        made = await (await client.post("/products", json=PRODUCT)).json()
        dsn = make_dsn(host=str(data_dir / "sockets"), port=5432, user="mainstay", dbname="mainstay")
        run(str(dsn), f"REVOKE ALL ON ALL TABLES IN SCHEMA public, mainstay_internal FROM {ROLE}")

    async with service(QUICKSTART, data_dir) as second, aiohttp.ClientSession(second.base_url) as client:
        found = await (await client.get(f"/products/{made['id']}")).json()

    assert found == made


@pytest.fixture
def role(postgres_dsn: str) -> Iterator[str]:
    """A role that may nothing yet; ask for it before the database, which it outlives."""
    name = f"app_{uuid4().hex}"
    run(postgres_dsn, f"CREATE ROLE {name} LOGIN")
    yield name
    run(postgres_dsn, f"DROP ROLE {name}")


async def whole_life(base_url: str) -> list[int]:
    """The statuses of a record's life."""
    async with aiohttp.ClientSession(base_url) as client:
        async with client.post("/products", json=PRODUCT) as made:
            place, statuses = made.headers["Location"], [made.status]
        for method, path, body in (
            ("GET", "/products?sort=-price&limit=1", None),
            ("PATCH", place, {"name": "table"}),
            ("PUT", place, {**PRODUCT, "stock": 3}),
            ("DELETE", place, None),
        ):
            async with client.request(method, path, json=body) as answer:
                statuses.append(answer.status)
    return statuses


async def test_one_role_migrates_and_gives_its_rights_to_another_that_serves(
    role: str, database: str, data_dir: Path, embedded: Endpoints
) -> None:
    serving = {"POSTGRES_DSN": str(make_dsn(database, user=role)), "REDIS_URL": embedded.redis_url}
    command = ("migrate", str(QUICKSTART), "--grant", role)

    too_early = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, **serving)
    without = await mainstay("migrate", str(QUICKSTART), "--apply", data_dir=data_dir, MIGRATION_DSN=database)
    unable = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, **serving)
    shown = await mainstay(*command, data_dir=data_dir, MIGRATION_DSN=database)
    done = await mainstay(*command, "--apply", data_dir=data_dir, MIGRATION_DSN=database)
    again = await mainstay(*command, data_dir=data_dir, MIGRATION_DSN=database)
    async with service(QUICKSTART, data_dir, **serving) as running:
        statuses = await whole_life(running.base_url)

    granted = f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.product TO {role};"
    assert (too_early.code, without.code, unable.code) == (1, 0, 1)
    assert "mainstay migrate FILE --apply --grant ROLE" in unable.errors
    assert (shown.code, granted in shown.output, "--apply gives it" in shown.output) == (0, True, True)
    assert (done.code, granted in done.output) == (0, True)
    assert f"{role} has all the rights it serves with." in again.output
    assert statuses == [201, 200, 200, 200, 204]


async def test_a_service_that_is_told_both_roles_brings_in_its_tables_and_rights_by_itself(
    role: str, database: str, data_dir: Path, embedded: Endpoints
) -> None:
    given = {"POSTGRES_DSN": str(make_dsn(database, user=role)), "REDIS_URL": embedded.redis_url}

    async with service(QUICKSTART, data_dir, MIGRATION_DSN=database, MIGRATE="safe", **given) as running:
        statuses = await whole_life(running.base_url)

    assert statuses == [201, 200, 200, 200, 204]


async def test_a_role_that_lacks_a_right_does_not_start_to_serve_and_is_told_which(
    role: str, database: str, data_dir: Path, embedded: Endpoints
) -> None:
    serving = {"POSTGRES_DSN": str(make_dsn(database, user=role)), "REDIS_URL": embedded.redis_url}
    await mainstay("migrate", str(QUICKSTART), "--apply", "--grant", role, data_dir=data_dir, MIGRATION_DSN=database)
    run(database, f"REVOKE DELETE ON product FROM {role}")

    finished = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, **serving)

    assert finished.code == 1
    assert finished.errors.endswith(
        f"The role {role} lacks rights it serves with:\n"
        f"  GRANT DELETE ON TABLE public.product TO {role};\n"
        f"Whoever migrates can give them: mainstay migrate FILE --apply --grant {role}\n"
    )


async def test_to_serve_as_a_superuser_is_a_warning(
    database: str, postgres_dsn: str, data_dir: Path, embedded: Endpoints
) -> None:
    given = {"POSTGRES_DSN": str(make_dsn(database, user="postgres")), "REDIS_URL": embedded.redis_url}

    async with service(QUICKSTART, data_dir, MIGRATE="safe", **given) as running:
        log = running.log.read_text()

    assert log.count("requests are served as postgres, a superuser") == 1


async def test_to_migrate_is_not_to_serve(database: str, data_dir: Path) -> None:
    finished = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, MIGRATION_DSN=database)

    assert finished.code == 1
    assert "MAINSTAY_MIGRATION_DSN is given without MAINSTAY_POSTGRES_DSN" in finished.errors


async def test_rights_are_not_written_into_a_revision(data_dir: Path) -> None:
    finished = await mainstay("migrate", str(QUICKSTART), "--write", "x", "--grant", "y", data_dir=data_dir)

    assert finished.code == 2
    assert "--grant gives rights in a database" in finished.errors

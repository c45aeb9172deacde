"""Several at once, somebody's lock, a kill in the middle: the tables end up as declared, each step done once."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from storage.migrations.applying import apply
from storage.migrations.gate import GATE
from storage.migrations.lock_patience import Patience
from storage.migrations.migration_thread import on_migration_thread
from storage.migrations.planning import Target, plan
from storage.migrations.session import Session, connected
from storage.migrations.steps import Plan, Step
from storage.migrations.stopped import MigrationBusy, TableBusy
from tests.hand_clock import HandClock
from tests.integration.blocking_sql import rows, run
from tests.integration.migrating_process import After, Before, Other
from tests.integration.migration_targets import names, target
from tests.source_tree import PROJECT

ALL_STEPS = [
    "create_table:customer",
    "add_column:product.weight",
    "add_column:product.color",
    "add_index:product.color",
    "add_unique:product.name",
    "add_index:product.weight",
    "add_check:product.name.min_length",
    "add_check:product.weight.ge",
]
IMPATIENT = Patience(lock_seconds=0.05, tries=3, pause_seconds=0.0, gate_seconds=0.0)


@pytest.fixture
def product(database: str) -> Target:
    """A table with rows, and what is wanted in its place."""
    apply(target(database, Before))
    run(database, "INSERT INTO product (id, name) SELECT gen_random_uuid(), 'thing ' || n FROM generate_series(1, 9) n")
    return target(database, After, Other)


@contextmanager
def migrating(dsn: str, waiting_step: str = "") -> Iterator[subprocess.Popen[str]]:
    """A process that migrates; killed at the end if it still runs."""
    command = [sys.executable, "-m", "tests.integration.migrating_process", dsn, waiting_step]
    process = subprocess.Popen(command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], line: str) -> list[str]:
    """What the process says, up to this line."""
    assert process.stdout is not None
    said: list[str] = []
    while line not in said:
        read = process.stdout.readline()
        assert read, f"the process ended after {said}"
        said.append(read.strip())
    return said


@contextmanager
def locked(dsn: str) -> Iterator[Session]:
    """Somebody's transaction that has read the table."""
    with connected(dsn) as session:
        session.run("BEGIN")
        session.run("LOCK TABLE product IN ACCESS SHARE MODE")
        yield session


def test_the_steps_are_these(product: Target) -> None:
    assert names(plan(product).steps) == ALL_STEPS


def test_two_that_start_at_once_do_it_once(product: Target) -> None:
    with migrating(product.dsn) as one, migrating(product.dsn) as other:
        said = [process.communicate(timeout=60)[0].split("\n") for process in (one, other)]

    assert sorted(said, key=len) == [["done 0", ""], [*ALL_STEPS, f"done {len(ALL_STEPS)}", ""]]
    assert plan(product) == Plan()


@pytest.mark.parametrize("step", ALL_STEPS)
def test_killed_before_any_step_the_next_one_finishes(product: Target, step: str) -> None:
    with migrating(product.dsn, step) as process:
        begun = read_until(process, step)

    done = apply(product)

    assert set(ALL_STEPS) - set(begun[:-1]) == set(names(done.steps))
    assert plan(product) == Plan()
    assert rows(product.dsn, "SELECT count(*) FROM product") == [(9,)]


def test_killed_while_it_builds_an_index_the_next_one_builds_it(product: Target) -> None:
    # The index stays unfinished while somebody's snapshot is older than it.
    with connected(product.dsn) as reader:
        reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.run("SELECT 1")
        with migrating(product.dsn) as process:
            read_until(process, "add_index:product.color")
            wait_for(product.dsn, "SELECT count(*) = 1 FROM pg_index WHERE NOT indisvalid")
        wait_for(product.dsn, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'")
        reader.run("ROLLBACK")

    done = apply(product)

    assert names(done.steps) == ALL_STEPS[ALL_STEPS.index("add_index:product.color") :]
    assert plan(product) == Plan()
    assert rows(product.dsn, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


def wait_for(dsn: str, condition: str) -> None:
    """Ask Postgres until it is so."""
    with connected(dsn) as session:
        while not session.value(condition):
            pass


def test_a_table_others_hold_is_tried_again_and_given_up(product: Target) -> None:
    begun: list[str] = []

    with (
        locked(product.dsn),
        pytest.raises(TableBusy, match=r"^add_column:product.weight could not lock its table in 3"),
    ):
        apply(product, progress=lambda step: begun.append(step.name), patience=IMPATIENT)

    assert begun == ["create_table:customer", *["add_column:product.weight"] * 3]
    assert names(apply(product).steps) == ALL_STEPS[1:]


def test_a_table_that_is_let_go_of_between_two_tries_is_changed(product: Target) -> None:
    with locked(product.dsn) as holder:
        patience = replace(IMPATIENT, sleep=lambda _seconds: holder.run("ROLLBACK"))

        done = apply(product, patience=patience)

    assert names(done.steps) == ALL_STEPS


def test_a_pause_is_as_long_as_chance_says(product: Target) -> None:
    pauses: list[float] = []
    patience = replace(IMPATIENT, pause_seconds=4.0, jitter=lambda: 0.25, sleep=pauses.append)

    with locked(product.dsn), pytest.raises(TableBusy):
        apply(product, patience=patience)

    assert pauses == [1.0, 1.0]


def test_while_another_migration_runs_it_waits_so_long_and_no_longer(product: Target) -> None:
    clock = HandClock()
    patience = replace(IMPATIENT, gate_seconds=5.0, now=lambda: clock.instant, sleep=clock.advance)

    with connected(product.dsn) as other:
        other.run("SELECT pg_advisory_lock(%s)", (GATE,))
        with pytest.raises(MigrationBusy, match="has been running for 5 s"):
            apply(product, patience=patience)

    assert names(apply(product).steps) == ALL_STEPS


async def test_a_cancelled_migration_stops_and_the_next_one_finishes(product: Target) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def progress(step: Step) -> None:
        if step.name == "add_column:product.weight":
            loop.call_soon_threadsafe(begun.set)

    with locked(product.dsn):
        migrating_task = asyncio.create_task(
            on_migration_thread(product, lambda wanted: apply(wanted, progress=progress))
        )
        await begun.wait()
        migrating_task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await migrating_task

    assert names(apply(product).steps) == ALL_STEPS[1:]

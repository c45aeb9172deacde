"""Whom the embedded servers run as, and what they may do: never root, and no more than they need."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import storage.embedded.launch
from storage.embedded import EmbeddedStorage
from telemetry.events import EmbeddedStarted
from tests.environment import require
from tests.integration.processes import status
from tests.integration.sql import ask
from tests.recorder import Recorder

LAUNCHER = storage.embedded.launch.__file__
CHECKOUT = Path(__file__).parents[2]
SOMEBODY = 61001
READ_SEARCH = f"{1 << 2:016x}"
OVERRIDE = f"{1 << 1:016x}"
NOTHING = f"{0:016x}"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run the servers as somebody else")


def launched(*needed: Path, program: Path) -> subprocess.CompletedProcess[str]:
    """What the launcher, run by root, makes of a program that shows its own rights."""
    return subprocess.run(
        [
            *(sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), str(int(signal.SIGKILL))),
            *(str(SOMEBODY), str(SOMEBODY), *map(str, (*needed, program)), "--"),
            *(str(program), "/proc/self/status"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def rights(shown: str) -> dict[str, str]:
    fields = dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)
    return {name: fields[name] for name in ("Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapAmb", "NoNewPrivs")}


def expected(capability: str) -> dict[str, str]:
    ids = "\t".join([str(SOMEBODY)] * 4)
    capabilities = {"CapEff": capability, "CapPrm": capability, "CapAmb": capability}
    return {"Uid": ids, "Gid": ids, "Groups": " ", "NoNewPrivs": "1"} | capabilities


@as_root
def test_a_server_that_reaches_all_it_needs_has_no_right_of_roots() -> None:
    result = launched(Path("/"), program=Path(require("cat")))

    assert rights(result.stdout) == expected(NOTHING)


@as_root
def test_a_server_below_a_closed_folder_may_pass_and_read_and_no_more(tmp_path: Path) -> None:
    inside = tmp_path / "closed" / "inside"
    inside.mkdir(parents=True)
    inside.parent.chmod(0o700)

    result = launched(inside, program=Path(require("cat")))

    assert rights(result.stdout) == expected(READ_SEARCH)


@as_root
def test_a_program_only_root_may_execute_can_be_run(tmp_path: Path) -> None:
    program = tmp_path / "cat"
    shutil.copy(require("cat"), program)
    program.chmod(0o700)

    result = launched(program=program)

    assert rights(result.stdout) == expected(OVERRIDE)


@as_root
def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = launched(program=tmp_path / "missing")

    assert result.returncode == 1
    assert f"uid {SOMEBODY} cannot reach all of these" in result.stderr
    assert str(tmp_path / "missing") in result.stderr


def test_a_launcher_whose_parent_has_died_runs_nothing() -> None:
    result = subprocess.run(
        [sys.executable, "-I", "-S", LAUNCHER, "1", "9", str(os.geteuid()), "0", "--", "/bin/echo", "hello"],
        capture_output=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (126, b"")


@as_root
async def test_below_a_folder_of_roots_alone_the_servers_are_not_root(data_dir: Path, events: Recorder) -> None:
    data_dir.mkdir(mode=0o700)

    async with EmbeddedStorage(data_dir / "data", observe=events) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)
        uids = {status(event.pid, "Uid") for event in events.of(EmbeddedStarted)}
        capabilities = {status(event.pid, "CapEff") for event in events.of(EmbeddedStarted)}

    assert uids == {"\t".join(["60988"] * 4)}
    assert capabilities <= {READ_SEARCH, OVERRIDE}


@as_root
async def test_in_somebodys_folder_the_servers_are_that_somebody(data_dir: Path, events: Recorder) -> None:
    data_dir.mkdir()
    os.chown(data_dir, SOMEBODY, SOMEBODY)

    async with EmbeddedStorage(data_dir / "data", observe=events) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)
        uids = {status(event.pid, "Uid") for event in events.of(EmbeddedStarted)}

    assert uids == {"\t".join([str(SOMEBODY)] * 4)}
    assert {path.lstat().st_uid for path in (data_dir / "data").rglob("*")} == {SOMEBODY}


@as_root
async def test_a_cluster_root_has_unpacked_is_handed_over(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events, valkey=False):
        pass
    for path in (data_dir / "postgres", *(data_dir / "postgres").rglob("*")):
        os.chown(path, 0, 0)

    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)


@as_root
async def test_an_ordinary_user_runs_its_own_servers(data_dir: Path, fast_folder: Path) -> None:
    data_dir.mkdir()
    nobody = 65534
    os.chown(data_dir, nobody, nobody)
    process = await asyncio.create_subprocess_exec(
        *ordinary_user(nobody),
        *(sys.executable, "-m", "tests.integration.embedded_program", str(data_dir / "data")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert process.stdout is not None
    started = [(await process.stdout.readline()).split() for _ in range(2)]
    uids = {status(int(pid), "Uid") for _, _, pid in started}
    await process.communicate(b"")

    assert uids == {"\t".join([str(nobody)] * 4)}
    assert process.returncode == 0
    assert {path.lstat().st_uid for path in (data_dir / "data").rglob("*")} == {nobody}


def ordinary_user(uid: int) -> list[str]:
    """How to run a program as a user without rights, but for what it takes to read Python if that is root's alone."""
    return [
        *(require("setpriv"), "--reuid", str(uid), "--regid", str(uid), "--clear-groups"),
        *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
        *("--bounding-set=-all,+dac_read_search", "--securebits=+no_setuid_fixup"),
    ]

"""Postgres as deploy/patroni runs it: its primary is killed under load, and each acknowledged write is there, once."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from socket import socket

import pytest

from tests.acceptance.history_check import contradictions
from tests.acceptance.patroni_cluster import ADDRESSES, SHIPPED, Cluster, node_settings, patroni_cluster
from tests.acceptance.service_process import service
from tests.acceptance.tellers import History, answers_changed, tellers
from tests.environment import require

BANK = Path(__file__).with_name("bank.py")
WRITES = 100
GAP_SECONDS = 60.0
"""Patroni looks every two seconds and misses a machine after twenty; a busy machine takes its time."""

CASES = [
    ("by HAProxy", "Postgres"),
    ("by the hosts", "Postgres"),
    ("by HAProxy", "the machine"),
    ("by the hosts", "the machine"),
]
TRIED = CASES if os.environ.get("FAILOVERS") == "all" else CASES[:1]
"""Each takes half a minute or more."""


@pytest.fixture
async def cluster(data_dir: Path) -> AsyncIterator[Cluster]:
    """Everything that deploy/patroni describes."""
    async with patroni_cluster(data_dir) as running:
        yield running


@pytest.mark.parametrize(("way", "lost"), TRIED)
async def test_a_primary_killed_under_load_is_replaced_and_each_acknowledged_write_is_there_once(
    cluster: Cluster, fast_folder: Path, redis_url: str, *, way: str, lost: str
) -> None:
    history, is_open = History(), asyncio.Event()
    is_open.set()
    dsn = cluster.dsn if way == "by HAProxy" else cluster.dsn_of_all
    settings = {"POSTGRES_DSN": dsn, "REDIS_URL": redis_url, "MIGRATE": "safe"}
    async with service(BANK, fast_folder / f"{cluster.folder.name}-bank", **settings) as running:
        async with tellers(running.base_url, history, is_open=is_open) as end:
            await history.grown_by(WRITES)
            leader = await cluster.leader()
            killed = time.monotonic()
            await (cluster.kill_postgres(leader) if lost == "Postgres" else cluster.kill_machine(leader))
            await cluster.until_led_by(1 - leader)
            await history.grown_by(1)
            gap_seconds = time.monotonic() - killed
            await history.grown_by(WRITES)
            await end()
        changed = await answers_changed(running.base_url, history)
        if lost == "the machine":
            await cluster.start_node(leader)
        back = await cluster.until_redundant()

    assert changed == []
    assert contradictions(history, cluster.dsn) == []
    assert (back, gap_seconds < GAP_SECONDS) == (leader, True)


def test_patroni_finds_nothing_wrong_with_its_file(tmp_path: Path) -> None:
    with socket() as etcd:  # whose address has to be somebody's
        etcd.bind(("127.0.0.1", 0))
        etcd.listen()
        place = f"127.0.0.1:{etcd.getsockname()[1]}"
        settings = node_settings("a", ADDRESSES[0], folder=tmp_path / "data", etcd=place, ports=(5432, 8008))
        found = subprocess.run(
            [require("patroni"), "--validate-config", SHIPPED / "patroni.yml"],
            env={"PATH": os.environ["PATH"], **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_haproxy_finds_nothing_wrong_with_its_file() -> None:
    nodes = {f"DB_{number}": f"127.0.0.1{number}" for number in (1, 2, 3)}

    found = subprocess.run(
        [require("haproxy"), "-c", "-q", "-f", SHIPPED / "haproxy.cfg"],
        env={"PATH": os.environ["PATH"], **nodes},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stderr) == (0, "")

"""What a balancer is configured with is taken by it: in containers, on one machine, with each strategy."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.acceptance.edge import NAMES, edge_configuration
from tests.environment import require
from tests.source_tree import PROJECT

HAPROXY = PROJECT / "deploy" / "haproxy"
NGINX = PROJECT / "deploy" / "nginx"


def variables(folder: Path) -> dict[str, str]:
    """What its loopback.env sets."""
    lines = (folder / "loopback.env").read_text().replace("$PWD", str(PROJECT)).splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def checked(told: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [require("haproxy"), "-c", "-f", str(HAPROXY / "haproxy.cfg")]
    return subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=False)


def test_haproxy_takes_its_configuration_as_it_is() -> None:
    found = checked({})

    assert (found.returncode, "Configuration file is valid" in found.stdout) == (0, True), found.stderr


@pytest.mark.parametrize("strategy", ["roundrobin", "leastconn", "source"])
def test_haproxy_has_nothing_to_say_against_replicas_on_one_machine(strategy: str) -> None:
    found = checked({**variables(HAPROXY), "BALANCER_STRATEGY": strategy})

    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, "Configuration file is valid", "")


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    told = variables(NGINX)
    configuration = edge_configuration(tmp_path, {**told, "EDGE_FOLDER": str(tmp_path)})

    command = [require("nginx"), "-t", "-c", str(configuration)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert set(told) == set(NAMES)
    assert (found.returncode, "test is successful" in found.stderr) == (0, True), found.stderr

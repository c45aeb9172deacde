"""What a balancer is configured with is taken by it: in containers, on one machine, with each strategy."""

import os
import subprocess
from collections.abc import Mapping

import pytest

from tests.environment import require
from tests.source_tree import PROJECT

HAPROXY = PROJECT / "deploy" / "haproxy"


def variables() -> dict[str, str]:
    """What loopback.env sets."""
    lines = (HAPROXY / "loopback.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def checked(told: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [require("haproxy"), "-c", "-f", str(HAPROXY / "haproxy.cfg")]
    return subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=False)


def test_haproxy_takes_its_configuration_as_it_is() -> None:
    found = checked({})

    assert (found.returncode, "Configuration file is valid" in found.stdout) == (0, True), found.stderr


@pytest.mark.parametrize("strategy", ["roundrobin", "leastconn", "source"])
def test_haproxy_has_nothing_to_say_against_replicas_on_one_machine(strategy: str) -> None:
    found = checked({**variables(), "BALANCER_STRATEGY": strategy})

    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, "Configuration file is valid", "")

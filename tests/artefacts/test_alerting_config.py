"""The configurations of Prometheus and Alertmanager are taken by both, and alerts go to whom they should."""

import subprocess
from pathlib import Path

import pytest

from telemetry.render.alertmanager_config import CONSEQUENCES
from tests.artefacts.alert_files import ALERTS, FOLDER, fired, read
from tests.environment import require

ALERTMANAGER = FOLDER / "alertmanager.yml"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = require(str(arguments[0]))
    return subprocess.run([program, *arguments[1:]], capture_output=True, text=True, check=False)


def test_prometheus_takes_its_configuration() -> None:
    checked = run("promtool", "check", "config", FOLDER / "prometheus.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 rule files found" in checked.stdout


def test_alertmanager_takes_its_configuration() -> None:
    checked = run("amtool", "check-config", ALERTMANAGER)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["severity=page", "environment=production"], "page"),
        (["severity=ticket", "environment=production"], "ticket"),
        (["severity=page"], "page"),
        (["severity=page", "environment=staging"], "elsewhere"),
        (["severity=ticket", "environment=staging"], "elsewhere"),
        (["alertname=Watchdog", "severity=none", "environment=production"], "heartbeat"),
        (["alertname=Watchdog", "severity=none", "environment=staging"], "heartbeat"),
        (["severity=unheard-of"], "ticket"),
    ],
    ids=" ".join,
)
def test_an_alert_goes_to(labels: list[str], receiver: str) -> None:
    routed = run("amtool", "config", "routes", "test", "--config.file", ALERTMANAGER, *labels)

    assert routed.stdout.strip() == receiver


def test_what_a_dependency_silences_says_which_dependency_it_is_about() -> None:
    labels = {one.alert: one.labels for one in fired() if one.labels}

    assert [name for name in CONSEQUENCES if not all("dependency" in some for some in labels[name])] == []


def test_what_is_silenced_exists() -> None:
    told = {
        name
        for rule in read(ALERTMANAGER)["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        if matcher.startswith("alertname")
        for name in matcher.split('"')[1].split("|")
    }

    assert told - ALERTS.keys() == set()

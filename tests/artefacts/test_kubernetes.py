"""deploy/kubernetes: every object is one for three versions of Kubernetes, and all that it names is there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.settings import SECRETS, Settings
from telemetry.catalogue import CATALOGUE
from tests.artefacts.alert_files import FOLDER as ALERTS
from tests.source_tree import PROJECT

FOLDER = PROJECT / "deploy/kubernetes"
RENDERED = ALERTS / "kubernetes"
VERSIONS = ("1.33", "1.35", "1.37")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


BASE = {name: read(FOLDER / "base" / name) for name in read(FOLDER / "base/kustomization.yaml")["resources"][:-1]}
POD, MIGRATION = (BASE[name]["spec"]["template"] for name in ("deployment.yaml", "migration.yaml"))
pods = pytest.mark.parametrize("pod", [POD, MIGRATION], ids=["service", "migration"])


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_what_kubernetes_takes(version: str) -> None:
    program = Path(sys.executable).with_name("kubernetes-validate")
    files = [*(FOLDER / "base" / name for name in BASE), FOLDER / "production/namespace.yaml"]

    validated = subprocess.run(
        [program, "--strict", "-k", version, *files], capture_output=True, text=True, check=False
    )

    assert validated.returncode == 0, validated.stdout + validated.stderr
    assert validated.stdout.count(" passed ") == len(files)


@pytest.mark.parametrize("folder", [FOLDER / "base", FOLDER / "production", RENDERED], ids=lambda path: path.name)
def test_a_kustomization_names_what_lies_beside_it(folder: Path) -> None:
    said = read(folder / "kustomization.yaml")
    named = [*said["resources"], *(patch["path"] for patch in said.get("patches", []))]

    assert [name for name in named if not (folder / name).exists()] == []
    assert {path.name for path in folder.glob("*.yaml")} - set(named) == {"kustomization.yaml"}


def test_what_the_overlay_changes_is_in_the_base() -> None:
    patches = [
        read(FOLDER / "production" / one["path"]) for one in read(FOLDER / "production/kustomization.yaml")["patches"]
    ]
    known = {(one["kind"], one["metadata"]["name"]): one for one in BASE.values()}

    for patch in patches:
        changed = known[patch["kind"], patch["metadata"]["name"]]
        assert patch["apiVersion"] == changed["apiVersion"]
        assert patch.get("spec", {}).keys() - changed.get("spec", {}).keys() == set()


def test_the_rules_are_those_of_prometheus() -> None:
    files = [read(ALERTS / f"{name}.rules.yaml") for name in ("causes", "slo")]

    assert read(RENDERED / "prometheusrule.yaml")["spec"]["groups"] == [one for file in files for one in file["groups"]]


def test_what_is_scraped_is_the_port_of_the_admin_service() -> None:
    monitor, service = read(RENDERED / "servicemonitor.yaml")["spec"], BASE["admin-service.yaml"]
    labels = service["metadata"]["labels"]

    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert [one["port"] for one in monitor["endpoints"]] == [one["name"] for one in service["spec"]["ports"]]
    assert labels[monitor["jobLabel"]] == read(ALERTS / "prometheus.yml")["scrape_configs"][0]["job_name"]


def _selectors() -> Iterator[Any]:
    for name in ("service.yaml", "admin-service.yaml"):
        yield BASE[name]["spec"]["selector"]
    for name in ("deployment.yaml", "disruption.yaml"):
        yield BASE[name]["spec"]["selector"]["matchLabels"]
    yield BASE["network.yaml"]["spec"]["podSelector"]["matchLabels"]


def test_whoever_selects_processes_selects_these() -> None:
    labels = POD["metadata"]["labels"]

    assert [selector for selector in _selectors() if not selector.items() <= labels.items()] == []


def test_the_migration_is_sent_no_requests() -> None:
    labels = MIGRATION["metadata"]["labels"]

    assert not BASE["service.yaml"]["spec"]["selector"].items() <= labels.items()
    assert BASE["network.yaml"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


@pods
def test_a_container_may_do_little(pod: Any) -> None:
    (container,) = pod["spec"]["containers"]

    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["runAsUser"] == 10001
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}


def test_its_settings_are_settings_and_its_secrets_are_mounted() -> None:
    environment = {
        **BASE["settings.yaml"]["data"],
        **read(FOLDER / "production/settings.yaml")["data"],
        **{one["name"]: one["value"] for one in MIGRATION["spec"]["containers"][0]["env"]},
    }
    known = {f"MAINSTAY_{name.upper()}" for name in Settings.model_fields} | {f"{name}_FILE" for name in SECRETS}
    mounts = [mount["mountPath"] for pod in (POD, MIGRATION) for mount in pod["spec"]["containers"][0]["volumeMounts"]]
    files = [Path(text) for name, text in environment.items() if name.endswith("_FILE")]

    assert {name for name in environment if name.startswith("MAINSTAY_")} - known == set()
    assert [path for path in files if str(path.parent) not in mounts] == []


def test_probes_ask_for_what_the_admin_port_answers() -> None:
    (container,) = POD["spec"]["containers"]
    answered = set(re.findall(r'"(/\w+z)": "', (PROJECT / "server/admin.py").read_text()))

    asked = {container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}

    assert asked == answered


def test_there_is_time_to_drain() -> None:
    (container,) = POD["spec"]["containers"]
    drain_seconds = (
        Settings.model_fields["drain_seconds"].default + Settings.model_fields["drain_delay_seconds"].default
    )

    waited = container["lifecycle"]["preStop"]["sleep"]["seconds"] + drain_seconds

    assert POD["spec"]["terminationGracePeriodSeconds"] > waited


def test_it_is_scaled_by_a_metric_there_is() -> None:
    (_, pods) = BASE["autoscaler.yaml"]["spec"]["metrics"]
    (rule,) = read(FOLDER / "prometheus-adapter.yaml")["rules"]["custom"]

    asked = pods["pods"]["metric"]["name"]

    assert asked == rule["name"]["as"]
    assert rule["seriesQuery"].startswith(f"{asked}{{")
    assert asked in {metric.name for metric in CATALOGUE}

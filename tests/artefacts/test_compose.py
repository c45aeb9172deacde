"""docker-compose.yml, as far as it can be checked without containers: what it mounts, names and sets is there."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose import pager
from server.settings import SECRETS, Settings
from tests.artefacts.compose_file import SECRETS_MADE, Composed, composed
from tests.environment import require
from tests.source_tree import PROJECT

SERVICES = composed()
NAMES = {service.name for service in SERVICES}
EXACT = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?|mainstay:local")
PLACES = {"scrape_configs", "alerting"}
"""What Prometheus is told of where others are."""

each = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def read(path: str) -> Any:
    return yaml.safe_load((PROJECT / path).read_text())


@each
def test_a_container_may_do_little(service: Composed) -> None:
    said = service.said

    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert said["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert "healthcheck" in said or said["image"] == "mainstay:local"  # whose image has one


@each
def test_only_what_draws_the_passwords_is_root(service: Composed) -> None:
    said = service.said
    privileges = (service.uid == "0", said.get("cap_add", []), said.get("network_mode") == "none")

    assert privileges == ((True, ["CHOWN"], True) if service.name == "secrets" else (False, [], False))


@each
def test_an_image_is_an_exact_version(service: Composed) -> None:
    assert EXACT.fullmatch(service.said["image"])


@each
def test_ports_are_open_to_this_machine_alone(service: Composed) -> None:
    assert [port for port in service.said.get("ports", []) if not port.startswith("127.0.0.1:")] == []


@each
def test_what_is_mounted_is_there(service: Composed) -> None:
    assert [here for here, _ in service.files if not (PROJECT / here).exists()] == []


@each
def test_what_it_is_started_with_is_mounted_and_can_be_run(service: Composed) -> None:
    mounted = {there: here for here, there in service.files}
    program = (service.said.get("entrypoint") or [""])[0]
    found = [
        PROJECT / here / Path(program).relative_to(there)
        for there, here in mounted.items()
        if program.startswith(there)
    ]

    assert all(os.access(path, os.X_OK) for path in found)
    assert bool(found) == program.endswith(".sh")


@each
def test_its_settings_are_settings(service: Composed) -> None:
    known = {f"MAINSTAY_{name.upper()}" for name in Settings.model_fields} | {f"{name}_FILE" for name in SECRETS}

    assert {name for name in service.environment if name.startswith("MAINSTAY_")} - known == set()


@each
def test_no_secret_is_among_its_variables(service: Composed) -> None:
    assert [name for name in service.environment if re.search(r"(PASSWORD|SECRET|KEYS?|DSN|TOKEN|PASS)$", name)] == []


@each
def test_its_secrets_are_drawn_for_whom_it_runs_as(service: Composed) -> None:
    made = [line.split(" ") for line in SECRETS_MADE]
    read = {Path(text).name for text in service.environment.values() if str(text).startswith("/run/secrets/")}

    for folder in service.secrets:
        assert {owner for reader, owner, _ in made if reader == folder} == {service.uid}
        assert read - {name for reader, _, name in made if reader == folder} == set()
    assert not read or list(service.secrets)


@each
def test_who_it_waits_for_and_whose_network_it_uses_is_there(service: Composed) -> None:
    said = service.said
    others = {*said.get("depends_on", {}), *re.findall(r"^service:(.+)", said.get("network_mode", ""))}

    assert others - NAMES == set()


def test_the_image_is_built_once_and_never_looked_for_elsewhere() -> None:
    ours = [service.said for service in SERVICES if service.said["image"] == "mainstay:local"]

    assert [said["pull_policy"] for said in ours if "build" in said] == ["build"]
    assert {said["pull_policy"] for said in ours if "build" not in said} == {"never"}


def test_alertmanager_reaches_what_it_is_told_to_call_and_others_reach_it() -> None:
    said = {service.name: service.said for service in SERVICES}
    called = [hook["url"] for one in read("alerts/alertmanager.yml")["receivers"] for hook in one["webhook_configs"]]

    assert {url.rpartition("/")[0] for url in called} == {f"http://localhost:{pager.PORT}"}
    assert said["alertmanager"]["network_mode"] == "service:pager"
    assert said["pager"]["networks"]["observation"] == {"aliases": ["alertmanager"]}


def test_grafana_asks_prometheus_as_it_is_rendered_but_for_where_it_is() -> None:
    (rendered,) = read("dashboards/provisioning/datasources/prometheus.yaml")["datasources"]
    (ours,) = read("deploy/compose/datasource.yaml")["datasources"]

    assert ours == {**rendered, "url": "http://prometheus:9090"}


def test_the_balancer_knows_the_replicas() -> None:
    told = re.findall(r"presetenv SHOP_\d (\S+)", (PROJECT / "deploy/haproxy/haproxy.cfg").read_text())

    assert sorted(told) == sorted(name for name in NAMES if name.startswith("shop-"))


def test_what_prometheus_scrapes_is_there() -> None:
    jobs = read("deploy/compose/prometheus.yml")["scrape_configs"]
    targets = [target for job in jobs for static in job["static_configs"] for target in static["targets"]]
    hosts = {re.sub(r"^redis://\w+@|:\d+$", "", target) for target in targets}

    assert hosts - {"localhost"} - NAMES == set()
    assert {"shop-1", "shop-2", "shop-3", "balancer", "valkey-1", "valkey-2"} <= hosts


def test_prometheus_is_set_up_as_it_is_rendered_but_for_what_it_scrapes() -> None:
    rendered, ours = read("alerts/prometheus.yml"), read("deploy/compose/prometheus.yml")
    (shop,) = (job for job in ours["scrape_configs"] if job["job_name"] == "shop")
    (as_rendered,) = (job for job in rendered["scrape_configs"] if job["job_name"] == "shop")

    assert {name: ours[name] for name in rendered.keys() - PLACES} == {
        name: rendered[name] for name in rendered.keys() - PLACES
    }
    assert ours["alerting"] == {"alertmanagers": [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]}
    # Where its processes are is said by their names, one in a container.
    assert shop.keys() - {"static_configs"} == as_rendered.keys() - {"static_configs", "http_sd_configs"}
    assert shop["sample_limit"] == as_rendered["sample_limit"]


def test_prometheus_takes_what_is_mounted(tmp_path: Path) -> None:
    (prometheus,) = (service for service in SERVICES if service.name == "prometheus")
    for here, there in prometheus.files:
        shutil.copy(PROJECT / here, tmp_path / Path(there).name)

    command = [require("promtool"), "check", "config", str(tmp_path / "prometheus.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 rule files found" in checked.stdout


def test_grafana_finds_what_is_mounted() -> None:
    (grafana,) = (service for service in SERVICES if service.name == "grafana")
    (provider,) = read("dashboards/provisioning/dashboards/mainstay.yaml")["providers"]

    mounted = {there: here for here, there in grafana.files}

    assert mounted[provider["options"]["path"]] == "./dashboards"
    assert mounted["/etc/grafana/provisioning"] == "./dashboards/provisioning"

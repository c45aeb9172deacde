"""`mainstay render`: writes what operators install, says what has changed, and leaves alone what is not its own."""

import subprocess
import sys
from pathlib import Path

import yaml

from tests.source_tree import PROJECT

MAINSTAY = Path(sys.executable).with_name("mainstay")
QUICKSTART = PROJECT / "examples" / "quickstart" / "service.py"
CAUSES = "alerts/causes.rules.yaml"


def rendered(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [MAINSTAY, "render", QUICKSTART, "--out", out, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_rules_are_the_service_s_and_lead_where_they_are_told_to(tmp_path: Path) -> None:
    finished = rendered(
        tmp_path, "--runbooks", "https://wiki.example.com/runbooks/", "--grafana", "https://grafana.example.com"
    )

    text = (tmp_path / CAUSES).read_text()
    assert (finished.returncode, finished.stderr) == (0, "")
    assert 'up{job="quickstart"}' in text
    assert "runbook_url: https://wiki.example.com/runbooks/TargetDown.md\n" in text
    assert "dashboard_url: https://grafana.example.com/d/mainstay-service?var-job=quickstart\n" in text


def test_links_that_lead_nowhere_from_where_people_read_them_are_told_of(tmp_path: Path) -> None:
    finished = rendered(tmp_path)

    assert (finished.returncode, finished.stderr.splitlines()) == (
        0,
        [
            "Alerts name their runbooks by a path, alerts/runbooks/….md: --runbooks URL makes links of them.",
            "Alerts lead to dashboards at http://localhost:3000: --grafana URL says where people find Grafana.",
        ],
    )


def test_a_target_without_a_port_is_refused(tmp_path: Path) -> None:
    finished = rendered(tmp_path, "--target", "http://10.0.3.7/", "--target", "10.0.3.8:8081")

    assert (finished.returncode, [*tmp_path.iterdir()]) == (2, [])
    assert "Invalid value for --target: http://10.0.3.7/: give HOST:PORT" in finished.stderr


def test_prometheus_scrapes_the_processes_it_is_told_of_and_labels_what_it_sends(tmp_path: Path) -> None:
    finished = rendered(tmp_path, "--target", "10.0.3.7:8081", "--target", "10.0.3.8:8081", "--environment", "staging")

    config = yaml.safe_load((tmp_path / "alerts" / "prometheus.yml").read_text())
    service = next(job for job in config["scrape_configs"] if job["job_name"] == "quickstart")
    assert finished.returncode == 0
    assert service["static_configs"] == [{"targets": ["10.0.3.7:8081", "10.0.3.8:8081"]}]
    assert service["http_sd_configs"] == [
        {"url": "http://10.0.3.7:8081/targets"},
        {"url": "http://10.0.3.8:8081/targets"},
    ]
    assert config["global"]["external_labels"] == {"environment": "staging"}


def test_prometheus_scrapes_a_balancer_where_it_is_told_of_one(tmp_path: Path) -> None:
    rendered(tmp_path, "--balancer", "http://balancer:8404/")

    jobs = yaml.safe_load((tmp_path / "alerts" / "prometheus.yml").read_text())["scrape_configs"]
    assert jobs[-1] == {"job_name": "haproxy", "static_configs": [{"targets": ["balancer:8404"]}]}


def test_alertmanager_calls_the_webhooks_it_is_told_of(tmp_path: Path) -> None:
    rendered(tmp_path, "--webhooks", "https://hooks.example.com/shop/")

    config = yaml.safe_load((tmp_path / "alerts" / "alertmanager.yml").read_text())
    called = {one["name"]: one["webhook_configs"][0]["url"] for one in config["receivers"]}
    assert called == {
        name: f"https://hooks.example.com/shop/{name}" for name in ("page", "ticket", "elsewhere", "heartbeat")
    }


def test_a_job_of_another_name_is_selected_by_it(tmp_path: Path) -> None:
    rendered(tmp_path, "--job", "front")

    assert 'up{job="front"}' in (tmp_path / CAUSES).read_text()


def test_time_can_be_made_to_go_faster(tmp_path: Path) -> None:
    rendered(tmp_path, "--scale", "60")

    assert "for: 2s\n" in (tmp_path / CAUSES).read_text()


def test_a_check_says_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    rendered(tmp_path)
    whole = (tmp_path / CAUSES).read_text()
    (tmp_path / CAUSES).write_text(whole.replace("for: 2m", "for: 1h"))

    finished = rendered(tmp_path, "--check")

    assert finished.returncode == 1
    assert finished.stderr.startswith(f"{CAUSES}: differs\n")
    assert "for: 1h" in (tmp_path / CAUSES).read_text()


def test_a_check_of_what_is_all_right_says_nothing(tmp_path: Path) -> None:
    rendered(tmp_path)

    finished = rendered(tmp_path, "--check")

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    finished = rendered(tmp_path, "--check")

    assert (finished.returncode, finished.stderr.splitlines()[0]) == (1, f"{CAUSES}: is missing")


def test_what_an_earlier_rendering_left_is_removed_and_what_people_wrote_is_kept(tmp_path: Path) -> None:
    rendered(tmp_path)
    left_over, written = tmp_path / "alerts" / "old.rules.yaml", tmp_path / "alerts" / "our.rules.yaml"
    left_over.write_text((tmp_path / CAUSES).read_text())
    written.write_text("groups: []\n")

    told = rendered(tmp_path, "--check").stderr
    rendered(tmp_path)

    assert told.startswith("alerts/old.rules.yaml: is not rendered any more\n")
    assert (left_over.exists(), written.exists()) == (False, True)


def test_a_file_with_mistakes_renders_nothing(tmp_path: Path) -> None:
    wrong = tmp_path / "service.py"
    wrong.write_text("service = None\n")

    finished = subprocess.run(
        [MAINSTAY, "render", wrong, "--out", tmp_path], capture_output=True, text=True, check=False
    )

    assert (finished.returncode, (tmp_path / "alerts").exists()) == (1, False)

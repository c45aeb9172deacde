"""The container image and the compose file, as far as they can be checked without a container."""

import re
import subprocess
import sys
from pathlib import Path

from tests.source_tree import PACKAGES, PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text()


def test_the_compose_file_is_one() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    finished = subprocess.run(
        [*command, "docker-compose.yml"], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stdout


def test_the_image_is_built_from_the_four_packages_and_their_description() -> None:
    copied = [name for line in re.findall(r"^COPY ([^-].*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]

    assert copied == ["pyproject.toml", "setup.cfg", "setup.py", "README.md", "LICENSE", *PACKAGES]


def test_what_the_image_is_built_from_is_sent_to_the_builder() -> None:
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    copied = [name for line in re.findall(r"^COPY ([^-].*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]

    assert [line[1:] for line in ignored if line.startswith("!")] == copied


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)

    assert users == ["10001"]


def test_the_image_is_made_as_hadolint_advises() -> None:
    program = Path(sys.executable).with_name("hadolint")

    linted = subprocess.run([program, "Dockerfile"], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_composed_service_serves_as_a_role_that_owns_nothing() -> None:
    composed, secrets, roles = (
        (PROJECT / path).read_text()
        for path in ("docker-compose.yml", "deploy/compose/secrets.sh", "deploy/postgres/roles.sh")
    )
    serves, migrates = (re.search(rf"{name}_dsn .* user=(\w+) ", secrets) for name in ("postgres", "migration"))
    made = re.search(r"CREATE ROLE (\w+) LOGIN PASSWORD :'shop'", roles)
    granted = re.search(r"--apply, --grant, (\w+)\]", composed)
    owner = re.search(r"POSTGRES_USER: (\w+)", composed)

    assert [found and found[1] for found in (serves, made, granted)] == ["shop"] * 3
    assert [found and found[1] for found in (migrates, owner)] == ["mainstay"] * 2

"""`mainstay settings`: what there is to set, and what is wrong with what is set."""

import os
import subprocess
import sys

from server.settings import PREFIX, Settings


def listed(**settings: str) -> subprocess.CompletedProcess[str]:
    """What the command says where these are set and no other."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = inherited | {f"{PREFIX}{name}": value for name, value in settings.items()}
    command = [sys.executable, "-c", "from server.cli import main; main()", "settings"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_every_setting_is_there_with_its_default_and_what_it_is_set_to_but_no_secret() -> None:
    told = listed(PORT="9000", ADMIN_TOKEN="x" * 32, POSTGRES_DSN_FILE="/dev/null")

    rows = {line.split()[0]: line.split() for line in told.stdout.splitlines()[1:]}
    assert [*rows] == [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    assert rows["MAINSTAY_PORT"][1:3] == ["9000", "8080"]
    assert rows["MAINSTAY_LOG_SAMPLE"][1] == "200/s"
    assert rows["MAINSTAY_ADMIN_TLS"][1] == "true"
    assert rows["MAINSTAY_ADMIN_TOKEN"][1:3] == ["(a", "secret)"]
    assert rows["MAINSTAY_POSTGRES_DSN"][1:3] == ["(in", "/dev/null)"]


def test_what_is_wrong_is_told_as_a_start_would() -> None:
    told = listed(PORT="many", PROT="9000")

    assert (told.returncode, told.stderr.splitlines()) == (
        2,
        [
            "These settings cannot be used:",
            "  MAINSTAY_PORT: Input should be a valid integer, unable to parse string as an integer",
            "  MAINSTAY_PROT: there is no such setting; did you mean MAINSTAY_PORT?",
        ],
    )


def test_a_setting_that_is_none_is_a_mistake_though_the_service_would_start() -> None:
    told = listed(PROT="9000")

    assert (told.returncode, told.stderr) == (
        2,
        "MAINSTAY_PROT: there is no such setting; did you mean MAINSTAY_PORT?\n",
    )


def test_all_being_well_nothing_else_is_said() -> None:
    told = listed()

    assert (told.returncode, told.stderr) == (0, "")

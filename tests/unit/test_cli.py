"""The command line's help: it comes at once, since nothing that serves requests is imported for it."""

import subprocess
import sys

import pytest

import server
from telemetry import VERSION

HEAVY = ("aiohttp", "aiopg", "alembic", "orjson", "psycopg2", "pydantic", "redis", "sqlalchemy", "uvloop")
SHOW_HELP = f"""
import sys
from server.cli import app
try:
    app(sys.argv[1:], prog_name="mainstay")
finally:
    print("imported:", *(name for name in {HEAVY} if name in sys.modules))
"""


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("serve",),
        ("settings",),
        ("check",),
        ("load",),
        ("migrate",),
        ("openapi",),
        ("key",),
        ("key", "create"),
        ("account",),
        ("account", "create"),
    ],
    ids=" ".join,
)
def test_help_imports_nothing_that_serves_requests(command: tuple[str, ...]) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW_HELP, *command, "--help"], capture_output=True, text=True, check=True
    )

    assert "Usage: mainstay" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "imported:"


def test_help_says_what_each_exit_status_means() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW_HELP, "--help"], capture_output=True, text=True, check=True
    ).stdout

    words = " ".join(shown.split())
    assert "ends with 0 when all is well, a service that was told to stop among them, 1 when something failed" in words
    assert "or FILE has mistakes, 2 when the command line or a setting makes no sense, 130 when it was" in words


def test_the_version_is_told() -> None:
    command = [sys.executable, "-c", SHOW_HELP, "--version"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert shown.splitlines() == [f"mainstay {VERSION}", "imported:"]


def test_each_public_word_is_there_when_it_is_asked_for_and_no_other() -> None:
    words = {name: getattr(server, name) for name in server.__all__}

    assert [name for name, word in words.items() if word is None] == []
    assert set(server.__all__) <= set(dir(server))
    with pytest.raises(AttributeError, match="module 'server' has no attribute 'Resorce'"):
        _ = server.Resorce  # type: ignore[attr-defined]  # what the test is about

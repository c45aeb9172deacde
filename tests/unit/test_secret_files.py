"""Secrets read from files, and what is said of those that hold none."""

from pathlib import Path

import pytest

from server.secret_files import SecretsFound, exposed_files, read_secret_files
from server.settings import SECRETS, SettingsWrong, read_settings
from telemetry.events import SecretExposed

DSN = "MAINSTAY_POSTGRES_DSN"
CANARY = "hunter2"


def test_every_secret_may_lie_in_a_file() -> None:
    assert set(SECRETS) >= {DSN, "MAINSTAY_MIGRATION_DSN", "MAINSTAY_REDIS_URL"}


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_is_what_its_file_holds_without_the_line_s_end(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "dsn"
    file.write_bytes(f"host=x password={CANARY} {ending}".encode())

    found = read_secret_files({f"{DSN}_FILE": str(file)}, [DSN])

    assert found == SecretsFound(values={DSN: f"host=x password={CANARY} "}, problems=())


def test_no_file_named_is_no_secret_read() -> None:
    assert read_secret_files({f"{DSN}_FILE": "", DSN: "host=x"}, [DSN]) == SecretsFound(values={}, problems=())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (f"{CANARY}\n{CANARY}".encode(), "holds more than one line"),
        (f"{CANARY}\0".encode(), "holds more than one line"),
        (f"{CANARY}\xff".encode("latin-1"), "is not UTF-8"),
        (CANARY.encode() * 10_000, "holds more than 65,536 bytes, which is no secret"),
    ],
)
def test_what_is_no_secret_is_said_without_showing_it(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "dsn"
    file.write_bytes(content)

    found = read_secret_files({f"{DSN}_FILE": str(file)}, [DSN])

    assert found == SecretsFound(values={}, problems=(f"{DSN}_FILE: {file} {said}",))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dsn").write_text(f"postgresql://me:{CANARY}@host")
    monkeypatch.setenv(DSN, "host=x")
    monkeypatch.setenv(f"{DSN}_FILE", str(tmp_path / "dsn"))
    monkeypatch.setenv("MAINSTAY_REDIS_URL_FILE", str(tmp_path))
    monkeypatch.setenv("MAINSTAY_MIGRATION_DSN_FILE", str(tmp_path / "nothing"))
    monkeypatch.setenv("MAINSTAY_PORT", "eighty")

    with pytest.raises(SettingsWrong) as caught:
        read_settings()

    assert [problem.partition(": ")[0] for problem in caught.value.problems] == [
        f"{DSN} and {DSN}_FILE are both set",
        "MAINSTAY_MIGRATION_DSN_FILE",
        "MAINSTAY_REDIS_URL_FILE",
        "MAINSTAY_PORT",
    ]
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(("mode", "is_told"), [(0o400, False), (0o440, False), (0o444, True), (0o644, True)])
def test_a_file_everybody_may_read_is_told(tmp_path: Path, mode: int, is_told: bool) -> None:
    file = tmp_path / "dsn"
    file.write_text(CANARY)
    file.chmod(mode)

    told = list(exposed_files({f"{DSN}_FILE": str(file)}, [DSN]))

    assert told == [SecretExposed(variable=f"{DSN}_FILE", path=str(file), mode=f"{mode:04o}")] * is_told


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        (DSN, f"postgresql://me:pa/{CANARY}@host/db"),
        (DSN, f"postgresql://me:pa@{CANARY}@host/db"),
        (DSN, f"postgresql://me:pa%{CANARY}@host/db"),
        (DSN, f"password=pa {CANARY} host=x"),
        (DSN, f"host=x port={CANARY}"),
        (DSN, CANARY),
        ("MAINSTAY_MIGRATION_DSN", CANARY),
        ("MAINSTAY_REDIS_URL", f"redis://:{CANARY}/pa@host"),
        ("MAINSTAY_REDIS_URL", f"redis://:{CANARY}#pa@host"),
        ("MAINSTAY_REDIS_URL", CANARY),
        ("MAINSTAY_REDIS_URL", f"redis://host:{CANARY}"),
    ],
)
def test_an_address_that_cannot_be_read_is_not_quoted(
    variable: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, address)

    with pytest.raises(SettingsWrong, match=f"^{variable}: is ") as caught:
        read_settings()

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        (DSN, "postgresql://me:pa%40%2Fss@host:5432/db?sslmode=require"),
        (DSN, "postgres://me@/db?host=/var/run/postgresql"),
        (DSN, "host='/tmp/x y' port=5432 user=me dbname=db"),
        ("MAINSTAY_REDIS_URL", "rediss://me:pa%2Fss@host:6380/1"),
        ("MAINSTAY_REDIS_URL", "unix:///run/valkey.sock?db=0"),
    ],
)
def test_an_address_that_can_be_read_is_taken(variable: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, address)

    assert getattr(read_settings(), SECRETS[variable]).get_secret_value() == address

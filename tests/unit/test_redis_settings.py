"""The settings of Redis' certificates: what is wrong with them is said, and what they make of the URL."""

from pathlib import Path
from typing import Any

import pytest

from server.redis_settings import redis_address, redis_problems
from server.settings import Settings


def settings(url: str, **files: Path) -> Settings:
    given: dict[str, Any] = {"redis_url": url, **files}
    return Settings(**given)


def test_files_become_options_of_the_address() -> None:
    told = settings("rediss://h/0?socket_keepalive=yes", redis_ca=Path("/a b.pem"))

    assert redis_address(told) == "rediss://h/0?socket_keepalive=yes&ssl_ca_certs=%2Fa+b.pem"
    assert redis_address(settings("redis://h/0")) == "redis://h/0"
    assert redis_address(settings("")) == ""


@pytest.mark.parametrize(
    ("url", "files", "problem"),
    [
        (
            "redis://h",
            {"redis_ca": "no.pem"},
            "REDIS_CA: only a REDIS_URL that begins with rediss is spoken to over TLS",
        ),
        (
            "rediss://h",
            {"redis_ca": "absent.pem"},
            "REDIS_CA: {0}/absent.pem cannot be read: No such file or directory",
        ),
        ("rediss://h", {"redis_ca": "no.pem"}, "REDIS_CA: {0}/no.pem holds no certificate in PEM form"),
        ("rediss+sentinel://h/s", {"redis_cert": "no.pem"}, "REDIS_CERT and REDIS_KEY are given together"),
        (
            "rediss://h",
            {"redis_cert": "no.pem", "redis_key": "no.pem"},
            "REDIS_CERT and REDIS_KEY are no PEM certificate and its key without a password",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, url: str, files: dict[str, str], problem: str) -> None:
    (tmp_path / "no.pem").write_text("no certificate")

    told = settings(url, **{name: tmp_path / file for name, file in files.items()})

    assert problem.format(tmp_path) in list(redis_problems(told))

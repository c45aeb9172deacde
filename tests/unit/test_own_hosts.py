"""Which names a service answers to."""

import pytest

from middleware.inbound.own_hosts import OwnHosts
from server.settings import SettingsWrong, read_settings

LISTED = OwnHosts(["api.example.com", "*.internal.example.com"])


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com",
        "api.example.com:8080",
        "API.Example.COM",
        "api.example.com.",
        "a.internal.example.com",
        "a.b.internal.example.com:443",
        "localhost",
        "localhost:8080",
        "shop.localhost",
        "127.0.0.1",
        "10.1.2.3:8080",
        "[::1]",
        "[fd00::1]:8080",
    ],
)
def test_its_own_names_addresses_and_localhost_are_answered(host: str) -> None:
    assert host in LISTED


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "example.com",
        "internal.example.com",
        "xapi.example.com",
        "api.example.com.evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1@evil.example",
        "evil.example:80:80",
        "evil.example/localhost",
        "[evil.example]",
        "[::1",
        "2130706433",
        "0x7f.1",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert host not in LISTED


def test_a_star_is_any_name() -> None:
    assert "whatever.example" in OwnHosts(["*"])


def test_names_are_read_from_the_environment_in_one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSTAY_ALLOWED_HOSTS", " API.example.com., *.Example.org ,")

    assert read_settings().allowed_hosts == ("api.example.com", "*.example.org")


@pytest.mark.parametrize("given", ["https://api.example.com", "api.example.com:8080", "a.*.example.com", "a/b", "*com"])
def test_what_is_no_name_is_told_with_an_example(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSTAY_ALLOWED_HOSTS", given)

    with pytest.raises(SettingsWrong, match=r"MAINSTAY_ALLOWED_HOSTS: .*write api\.example\.com"):
        read_settings()

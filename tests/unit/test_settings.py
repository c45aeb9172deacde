"""Settings that are none: told with the one that was meant."""

from server.settings import unknown_settings
from telemetry.events import SettingUnknown


def test_a_variable_of_our_prefix_that_sets_nothing_is_told_with_the_nearest_setting() -> None:
    environment = {
        "MAINSTAY_PORT": "9000",
        "MAINSTAY_PROT": "9000",
        "MAINSTAY_LOGLEVEL": "debug",
        "MAINSTAY_XYZZY": "1",
        "HOME": "/",
    }

    assert list(unknown_settings(environment)) == [
        SettingUnknown(variable="MAINSTAY_LOGLEVEL", meant="MAINSTAY_LOG_LEVEL"),
        SettingUnknown(variable="MAINSTAY_PROT", meant="MAINSTAY_PORT"),
        SettingUnknown(variable="MAINSTAY_XYZZY", meant=""),
    ]


def test_what_kubernetes_sets_beside_a_service_called_mainstay_is_no_mistake() -> None:
    names = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_8080_TCP", "PORT_8080_TCP_ADDR")

    assert list(unknown_settings({f"MAINSTAY_{name}": "10.0.0.1" for name in names})) == []

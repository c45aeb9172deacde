"""What the settings say of the export of traces."""

from typing import Any

import pytest

from server.otlp_settings import headers_of, otlp_problems
from server.settings import Settings

COLLECTOR = "http://collector.example:4318"
SECRET = "canary-7f3a"  # noqa: S105 - what must be in no sentence


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"otlp_endpoint": COLLECTOR},
        {"otlp_endpoint": f"{COLLECTOR}/v1/traces"},
        {"otlp_endpoint": "https://[::1]/otlp", "otlp_headers": "authorization=Bearer%20abc, x-scope=1"},
    ],
)
def test_what_can_be_used_is_taken(given: dict[str, Any]) -> None:
    assert [*otlp_problems(Settings(**given))] == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"otlp_endpoint": "collector:4318"}, "OTLP_ENDPOINT: write it as"),
        ({"otlp_endpoint": "grpc://collector:4317"}, "OTLP_ENDPOINT: write it as"),
        ({"otlp_endpoint": f"http://me:{SECRET}@collector"}, "OTLP_ENDPOINT: write it as"),
        ({"otlp_endpoint": f"{COLLECTOR}?key={SECRET}"}, "OTLP_ENDPOINT: write it as"),
        ({"otlp_endpoint": COLLECTOR, "otlp_headers": SECRET}, "OTLP_HEADERS: write it as"),
        ({"otlp_endpoint": COLLECTOR, "otlp_headers": f"a b={SECRET}"}, "OTLP_HEADERS: write it as"),
        ({"otlp_endpoint": COLLECTOR, "otlp_headers": f"a={SECRET}%0d%0ab: c"}, "OTLP_HEADERS: write it as"),
        ({"otlp_headers": f"a={SECRET}"}, "OTLP_HEADERS is given without OTLP_ENDPOINT"),
    ],
)
def test_what_cannot_is_said_without_its_secrets(given: dict[str, Any], problem: str) -> None:
    (found,) = otlp_problems(Settings(**given))

    assert found.startswith(problem)
    assert SECRET not in found


def test_headers_are_read_with_their_values_decoded() -> None:
    assert headers_of("authorization=Bearer%20a%3Db,x-scope=1,") == {"authorization": "Bearer a=b", "x-scope": "1"}

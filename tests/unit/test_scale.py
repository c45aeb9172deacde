"""Every duration of an expression is divided; nothing else in it is touched."""

import pytest

from telemetry.render.scale import REAL_TIME, Scale

SIXTIETH = Scale(factor=60)


@pytest.mark.parametrize(
    ("seconds", "real", "scaled"),
    [
        (300, "5m", "5s"),
        (90, "90s", "1500ms"),
        (30 * 86_400, "30d", "12h"),
        (7 * 86_400, "1w", "168m"),
        (0.01, "10ms", "1ms"),
    ],
)
def test_a_duration_is_written_in_the_largest_unit_that_fits(seconds: float, real: str, scaled: str) -> None:
    assert (REAL_TIME.duration(seconds), SIXTIETH.duration(seconds)) == (real, scaled)


@pytest.mark.parametrize(
    ("written", "scaled"),
    [
        ("rate(a_total[5m]) > 0.1", "rate(a_total[5s]) > 0.1"),
        ("max_over_time(a[1h:1m])", "max_over_time(a[1m:1s])"),
        ("increase(a[10m] offset 1h) > 30", "increase(a[10s] offset 1m) > 30"),
        ("time() - started > 10m", "time() - started > 10"),
        ('slo:errors:ratio_rate5m{le="5m"} > 14.4', 'slo:errors:ratio_rate5m{le="5m"} > 14.4'),
        ("rate(a[1h30m])", "rate(a[90s])"),
        ("a_5m > 2e3", "a_5m > 2e3"),
    ],
)
def test_an_expression_is_scaled_wherever_it_speaks_of_time(written: str, scaled: str) -> None:
    assert SIXTIETH.expression(written) == scaled


def test_in_real_time_only_what_prometheus_2_cannot_read_is_written_otherwise() -> None:
    assert REAL_TIME.expression("rate(a[5m]) > 0 and time() - b < 90s") == "rate(a[5m]) > 0 and time() - b < 90"

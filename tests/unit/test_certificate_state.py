"""How long a certificate lasts, and when its end is near."""

import pytest

from telemetry.certificate_state import CertificateState, certificate_look

DAY_SECONDS = 86_400.0


@pytest.mark.parametrize(
    ("life_days", "left_days", "is_ending"),
    [(90, 8, False), (90, 6.9, True), (90, -1, True), (6, 2, False), (6, 1.4, True), (1, 0.3, False), (1, 0.2, True)],
)
def test_the_end_is_near_in_the_last_week_or_of_a_short_life_in_its_last_quarter(
    life_days: float, left_days: float, is_ending: bool
) -> None:
    state = CertificateState(begins_seconds=0.0, ends_seconds=life_days * DAY_SECONDS)

    assert state.is_ending((life_days - left_days) * DAY_SECONDS) is is_ending


def test_a_scrape_shows_from_when_to_when_it_is_valid_and_whether_it_is_current() -> None:
    look = certificate_look(lambda: CertificateState(begins_seconds=1.0, ends_seconds=2.0, is_current=False))

    assert {reading.metric.name: reading.value for reading in look()} == {
        "tls_certificate_not_before_timestamp_seconds": 1.0,
        "tls_certificate_not_after_timestamp_seconds": 2.0,
        "tls_certificate_current": 0.0,
    }

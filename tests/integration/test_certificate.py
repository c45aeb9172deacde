"""The certificate that is shown: its dates, what is told of them, and what a change of its files does to both."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from middleware.inbound.certificate import LOOK_SECONDS, Certificate, Unusable
from telemetry.events import CertificateAged, CertificateChanged
from tests.integration.certificates import Files, dated, made
from tests.recorder import Recorder

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def shown(files: Files, events: Recorder, *, instants: list[float]) -> Certificate:
    """The certificate, on a clock that goes on from instant to instant, the last of which stays."""
    return Certificate(
        files.certificate,
        files.key,
        observe=events,
        now=lambda: instants.pop(0) if len(instants) > 1 else instants[0],
        today=NOW.timestamp,
    )


def test_one_that_lasts_is_told_of_by_its_dates_alone(tmp_path: Path, events: Recorder) -> None:
    files = dated(tmp_path, begins=NOW - 30 * DAY, ends=NOW + 60 * DAY)

    state = shown(files, events, instants=[0.0]).state()

    assert (state.begins_seconds, state.ends_seconds, state.is_current) == (
        (NOW - 30 * DAY).timestamp(),
        (NOW + 60 * DAY).timestamp(),
        True,
    )
    assert events.events == []


@pytest.mark.parametrize("left", [3 * DAY, -2 * DAY])
def test_one_that_ends_soon_or_has_ended_is_told_of_as_it_is_read(
    tmp_path: Path, events: Recorder, left: timedelta
) -> None:
    files = dated(tmp_path, begins=NOW - 90 * DAY, ends=NOW + left)

    shown(files, events, instants=[0.0])

    assert events.events == [CertificateAged(left_seconds=left.total_seconds())]


def test_a_renewed_one_is_seen_by_whoever_asks_without_any_caller(tmp_path: Path, events: Recorder) -> None:
    files = dated(tmp_path, begins=NOW - 90 * DAY, ends=NOW + DAY)
    certificate = shown(files, events, instants=[0.0, LOOK_SECONDS])
    files.replace_with(dated(tmp_path, name="next", begins=NOW, ends=NOW + 90 * DAY))

    state = certificate.state()

    assert (state.left_seconds(NOW.timestamp()), state.is_current) == ((90 * DAY).total_seconds(), True)
    assert events.events == [CertificateAged(left_seconds=DAY.total_seconds()), CertificateChanged()]


def test_one_that_cannot_be_used_leaves_the_dates_of_the_last_and_is_not_current(
    tmp_path: Path, events: Recorder
) -> None:
    files = dated(tmp_path, begins=NOW - DAY, ends=NOW + 60 * DAY)
    certificate = shown(files, events, instants=[0.0, LOOK_SECONDS, LOOK_SECONDS, 2 * LOOK_SECONDS])
    good = files.certificate.read_bytes()

    files.certificate.write_text("none")
    broken = certificate.state()
    files.certificate.write_bytes(good)
    os.utime(files.certificate, (time.time() + 1, time.time() + 1))
    mended = certificate.state()

    assert (broken.ends_seconds, broken.is_current) == ((NOW + 60 * DAY).timestamp(), False)
    assert mended.is_current


def test_files_that_hold_none_are_unusable(tmp_path: Path, events: Recorder) -> None:
    files = made(tmp_path)
    files.certificate.unlink()

    with pytest.raises(Unusable):
        shown(files, events, instants=[0.0])

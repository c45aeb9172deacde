"""The soak: its arithmetic, its file, and that the committed picture is of the committed figures."""

from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.soak.found import Found, Sample, read, write
from benchmarks.soak.sketch import PICTURE, svg

MACHINE = Machine(
    processor="any", cores=2, system="Linux", python="CPython", postgres="18", generator="own", libraries={}
)


def _found(*megabytes: float) -> Found:
    samples = [
        Sample(seconds=600.0 * place, resident_megabytes=one, cpu_seconds=0.0) for place, one in enumerate(megabytes)
    ]
    return Found(machine=MACHINE, asked={"read": 6_000, "list": 1_200}, unexpected={}, samples=samples)


def test_growth_is_that_of_the_second_half_alone() -> None:
    found = _found(90.0, 100.0, 110.0, 111.0, 112.0)

    assert (found.minutes, found.per_second, found.megabytes_an_hour) == (40.0, 3.0, 6.0)


def test_what_was_seen_survives_its_file(tmp_path: Path) -> None:
    found = _found(90.0, 100.0)
    write(found, tmp_path / "soak.json")

    assert read(tmp_path / "soak.json") == found


def test_the_committed_picture_is_that_of_the_committed_figures() -> None:
    assert PICTURE.read_text() == svg(read())

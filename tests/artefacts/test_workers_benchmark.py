"""The benchmark of workers: its arithmetic, its file, and that the committed picture is of the committed figures."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.load import LoadFailed
from benchmarks.machine import Machine
from benchmarks.workers.found import Found, Serving, Shared, read, write
from benchmarks.workers.sketch import PICTURE, svg
from benchmarks.workers.wrk import Ran, ran_in

MACHINE = Machine(
    processor="any", cores=2, system="Linux", python="CPython", postgres="18", generator="wrk", libraries={}
)
SHARED = Shared(
    way="one socket",
    workers=2,
    at_once=[[45, 3], [31, 17]],
    one_by_one=[[24, 24], [25, 23]],
    kept_per_second=19_000.0,
    kept_microseconds=50.0,
    opened_per_second=6_000.0,
    opened_microseconds=150.0,
)
SERVING = Serving(
    case="ping",
    workers=2,
    per_second=9_000.0,
    refused_ratio=0.0,
    p99_milliseconds=9.5,
    worker_cores=1.5,
    worker_microseconds=160.0,
    all_microseconds=400.0,
    resident_megabytes=[100.0, 101.0],
    own_megabytes=[80.0, 81.0],
    supervisor_megabytes=60.0,
)
PRINTED = """
    50%    1.20ms
    99%    {p99}
  6000 requests in 2.00s, 7.39MB read
{refused}Requests/sec:   3000.00
"""


@pytest.mark.parametrize(("p99", "milliseconds"), [("990.00us", 0.99), ("9.50ms", 9.5), ("1.20s", 1200.0)])
def test_what_wrk_prints_is_read_in_any_of_its_units(p99: str, milliseconds: float) -> None:
    ran = ran_in(PRINTED.format(p99=p99, refused=""))

    assert ran == Ran(per_second=3_000.0, refused_ratio=0.0, p99_milliseconds=milliseconds)


def test_answers_that_are_not_good_are_told_apart() -> None:
    ran = ran_in(PRINTED.format(p99="1.00ms", refused="  Non-2xx or 3xx responses: 600\n"))

    assert ran == Ran(per_second=2_700.0, refused_ratio=0.1, p99_milliseconds=1.0)


def test_a_run_that_came_to_nothing_fails() -> None:
    with pytest.raises(LoadFailed):
        ran_in("unable to connect to 127.0.0.1:1 Connection refused")


def test_the_fullest_worker_is_that_of_each_try_on_average() -> None:
    assert SHARED.fullest == 38.0


def test_one_worker_is_limited_by_its_core_and_many_by_all_there_are() -> None:
    alone = replace(SERVING, workers=1)

    assert (alone.limit_on(4), SERVING.limit_on(2)) == ("the workers", "all cores")


def test_what_is_not_measured_this_time_stays(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    write(Found(machine=MACHINE, sharing=[SHARED]), path)
    write(Found(machine=MACHINE, serving=[SERVING]), path)

    assert read(path) == Found(machine=MACHINE, sharing=[SHARED], serving=[SERVING])


def test_the_committed_picture_is_that_of_the_committed_figures() -> None:
    assert PICTURE.read_text() == svg(read())

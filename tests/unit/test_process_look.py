"""What Linux says of the process, held against what prometheus-client reads there."""

import os

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from telemetry.metrics.process_look import process_look


def test_it_says_what_the_library_says() -> None:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    theirs = {sample.name: sample.value for family in registry.collect() for sample in family.samples}

    ours = {reading.metric.name: reading.value for reading in process_look()()}

    assert ours.keys() == theirs.keys()
    for exact in ("process_max_fds", "process_start_time_seconds"):
        assert ours[exact] == pytest.approx(theirs[exact])
    assert ours["process_cpu_seconds_total"] == pytest.approx(theirs["process_cpu_seconds_total"], abs=0.5)
    for size in ("process_resident_memory_bytes", "process_virtual_memory_bytes"):
        assert ours[size] == pytest.approx(theirs[size], rel=0.1)


def test_a_file_more_is_one_more() -> None:
    before = open_files()
    held = os.open(os.devnull, os.O_RDONLY)
    during = open_files()
    os.close(held)

    assert (during, open_files()) == (before + 1, before)


def open_files() -> float:
    (value,) = [reading.value for reading in process_look()() if reading.metric.name == "process_open_fds"]
    return value

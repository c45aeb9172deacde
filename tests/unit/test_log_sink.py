"""Lines on their way out: together, in order, never waited for."""

import asyncio
import os
import resource
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.log_sink import Sink

LINE = b"x" * 99 + b"\n"


class Pipe:
    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def read(self) -> bytes:
        """Everything there is now."""
        found = b""
        while select.select([self.reading], [], [], 0)[0] and (part := os.read(self.reading, 1 << 16)):
            found += part
        return found

    def fill(self) -> int:
        """Take all the room, as a reader that stands still does; tells how much that was."""
        os.set_blocking(self.writing, False)
        filled = os.write(self.writing, b"-" * (1 << 24))
        os.set_blocking(self.writing, True)
        return filled

    def close(self) -> None:
        for descriptor in (self.reading, self.writing):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_without_a_loop_a_line_is_written_at_once(pipe: Pipe) -> None:
    Sink(pipe.writing).write(LINE)

    assert pipe.read() == LINE


async def test_the_lines_of_one_tick_leave_after_it_and_in_order(pipe: Pipe) -> None:
    sink = Sink(pipe.writing)
    lines = [b"%d\n" % number for number in range(1_000)]
    for line in lines:
        sink.write(line)
    within = pipe.read()
    await _tick()

    assert (within, pipe.read(), sink.dropped) == (b"", b"".join(lines), 0)


def test_a_line_longer_than_a_pipe_takes_at_once_arrives_whole(pipe: Pipe) -> None:
    line = b"y" * 3 * select.PIPE_BUF + b"\n"
    sink = Sink(pipe.writing)
    sink.write(line)
    sink.write(LINE)

    assert pipe.read() == line + LINE


async def test_a_reader_that_stands_still_is_not_waited_for_and_gets_the_lines_later(pipe: Pipe) -> None:
    filled = pipe.fill()
    sink = Sink(pipe.writing)
    sink.write(LINE)
    await _tick()
    before = pipe.read()
    await _readable(pipe)

    assert (len(before), pipe.read(), sink.dropped) == (filled, LINE, 0)


async def test_what_does_not_fit_is_dropped_and_counted(pipe: Pipe) -> None:
    pipe.fill()
    sink = Sink(pipe.writing, max_waiting_bytes=10 * len(LINE))
    for _ in range(25):
        sink.write(LINE)

    assert sink.dropped == 15


def test_closing_gives_up_on_a_reader_that_stands_still(pipe: Pipe) -> None:
    pipe.fill()
    sink = Sink(pipe.writing)
    sink.write(LINE)
    sink.close(wait_seconds=0.001)

    assert sink.dropped == 1


async def test_closing_writes_what_waits(pipe: Pipe) -> None:
    sink = Sink(pipe.writing)
    sink.write(LINE)
    sink.close()

    assert pipe.read() == LINE


def test_a_reader_that_is_gone_costs_lines_and_nothing_else(pipe: Pipe) -> None:
    os.close(pipe.reading)
    pipe.reading = -1
    sink = Sink(pipe.writing)
    sink.write(LINE)
    sink.write(LINE)

    assert sink.dropped == 2


async def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    sink = Sink(full)
    for _ in range(100):
        sink.write(LINE)
    await _tick()
    os.close(full)

    assert sink.dropped == 100


class Disk:
    """A file that holds no more than so many bytes (RLIMIT_FSIZE), until it is given more."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self.opened = path.open("wb", buffering=0)
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, self._before[1]))

    def grow(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)

    def close(self) -> None:
        self.grow()
        signal.signal(signal.SIGXFSZ, self._handler)
        self.opened.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "log", size_bytes=250)
    yield disk
    disk.close()


async def test_a_disk_that_fills_up_in_the_middle_of_a_line_leaves_one_broken_line_and_says_what_was_lost(
    disk: Disk,
) -> None:
    told: list[int] = []
    sink = Sink(disk.opened.fileno(), tell_lost=told.append)
    for number in range(5):
        sink.write(b"%d" % number + LINE)
    await _tick()
    disk.grow()
    sink.write(b"whole" + LINE)
    await _tick()
    sink.write(b"again" + LINE)
    await _tick()

    lines = disk.path.read_bytes().split(b"\n")
    assert [line[:1] for line in lines] == [b"0", b"1", b"2", b"w", b"a", b""]
    assert (lines[3] + b"\n", told) == (b"whole" + LINE, [3])


async def test_a_reader_that_goes_on_is_told_once_what_was_lost(pipe: Pipe) -> None:
    pipe.fill()
    told: list[int] = []
    sink = Sink(pipe.writing, max_waiting_bytes=10 * len(LINE), tell_lost=told.append)
    for _ in range(25):
        sink.write(LINE)
    before = list(told)
    pipe.read()
    await _readable(pipe)
    sink.write(LINE)
    await _tick()

    assert (before, told) == ([], [15])


async def _tick() -> None:
    """Let what is due happen, and what that makes due."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _readable(pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(pipe.reading, arrived.set)
    async with asyncio.timeout(10):
        await arrived.wait()
    loop.remove_reader(pipe.reading)
